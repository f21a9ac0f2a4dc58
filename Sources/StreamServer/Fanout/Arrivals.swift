import Journal

/// Readers that wait for the next record of a run, or of any: the long polls.
final class Arrivals: Sendable {
    /// Readers that wait at once, at most; others look again after ``crowdedPause``.
    private static let waitersMax = 10_000
    private static let crowdedPause = Duration.milliseconds(250)

    private struct State {
        /// By the run that they wait for; nil stands for any.
        var waiters: [RunID?: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var count = 0
        var nextToken: UInt64 = 0
        var end: Cursor
    }

    private let state: Locked<State>
    private let journal: Journal

    /// Watches what `journal` publishes.
    init(_ journal: Journal) {
        self.journal = journal
        state = Locked(State(end: Cursor(next: journal.end)))
        journal.observe { [state] publication in
            let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.end = max(state.end, Cursor(next: publication.end))
                guard state.count > 0 else { return [] }
                var woken: [CheckedContinuation<Void, Never>] = []
                for run in Set(publication.records.map { Optional($0.run) }).union([nil]) {
                    woken += (state.waiters.removeValue(forKey: run) ?? [:]).values
                }
                state.count -= woken.count
                return woken
            }
            for continuation in woken { continuation.resume() }
        }
    }

    /// Returns once a record of `run`, of any if that is nil, follows `cursor`, at the deadline, or
    /// when cancelled; also at once where records that the caller has not looked at may be of the
    /// run.
    func wait(for run: RunID?, after cursor: Cursor, until deadline: ContinuousClock.Instant) async
    {
        let token = state.withLock { state in
            state.nextToken += 1
            return state.nextToken
        }
        let timer = Task {
            try? await Task.sleep(until: deadline, clock: .continuous)
            release(run, token)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    // Whatever was published up to `end` may be of this run. Before the deadline
                    // the timer cannot have looked for this reader in vain.
                    guard state.end <= cursor, state.count < Arrivals.waitersMax,
                        !Task.isCancelled, ContinuousClock.now < deadline
                    else { return false }
                    state.waiters[run, default: [:]][token] = continuation
                    state.count += 1
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        } onCancel: {
            release(run, token)
        }
        timer.cancel()
        if state.withLock({ $0.count >= Arrivals.waitersMax }) {
            try? await Task.sleep(for: Arrivals.crowdedPause)
        }
    }

    private func release(_ run: RunID?, _ token: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let found = state.waiters[run]?.removeValue(forKey: token) else { return nil }
            state.count -= 1
            if state.waiters[run]?.isEmpty == true { state.waiters[run] = nil }
            return found
        }
        continuation?.resume()
    }
}
