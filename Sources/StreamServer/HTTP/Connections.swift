import Journal

/// The connections that a listener has, and what becomes of those that are one too many.
///
/// All methods may be called from any thread.
final class Connections: Sendable {
    /// What becomes of a new connection.
    enum Verdict {
        /// It is answered.
        case welcome
        /// It is told that there are too many, in a way that its client understands.
        case refused
        /// There are even too many that are to be told: it is closed.
        case closed
    }

    /// Why a connection ended before its time.
    enum Refusal: String, CaseIterable {
        /// There are as many as there may be.
        case count
        /// There are as many of its address as there may be.
        case address
        /// The head of a request took too long.
        case slowHead = "slow_head"
    }

    private struct State {
        var count = 0
        var refused = 0
        var counts: [String: Int] = [:]
        var refusals: [Refusal: Int] = [:]
    }

    /// Connections at once that are told of being too many, at most.
    private static let refusedMax = 256

    let limits: ConnectionLimits
    private let state = Locked(State())

    init(_ limits: ConnectionLimits) {
        self.limits = limits
    }

    /// How many there are.
    var count: Int { state.withLock { $0.count } }

    /// How many ended for that reason.
    func count(of refusal: Refusal) -> Int {
        state.withLock { $0.refusals[refusal, default: 0] }
    }

    /// A connection came from `address`; unless it is closed, it leaves by ``leave(_:address:)``.
    func enter(address: String) -> Verdict {
        state.withLock { state in
            let refusal: Refusal? =
                if state.count >= limits.countMax {
                    .count
                } else if limits.perAddressMax > 0,
                    state.counts[address, default: 0] >= limits.perAddressMax
                {
                    .address
                } else {
                    nil
                }
            guard let refusal else {
                state.count += 1
                state.counts[address, default: 0] += 1
                return .welcome
            }
            state.refusals[refusal, default: 0] += 1
            guard state.refused < Connections.refusedMax else { return .closed }
            state.refused += 1
            return .refused
        }
    }

    /// A connection from `address` is gone, of which `verdict` was found.
    func leave(_ verdict: Verdict, address: String) {
        state.withLock { state in
            switch verdict {
            case .closed: break
            case .refused: state.refused -= 1
            case .welcome:
                state.count -= 1
                let left = state.counts[address, default: 1] - 1
                state.counts[address] = left == 0 ? nil : left
            }
        }
    }

    /// A connection was closed whose request's head took too long.
    func closedSlowHead() {
        state.withLock { $0.refusals[.slowHead, default: 0] += 1 }
    }
}
