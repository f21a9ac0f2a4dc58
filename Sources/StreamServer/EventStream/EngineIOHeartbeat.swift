import NIOCore

/// The server's side of the heartbeat: when to ping, and when a client is dead.
///
/// A pure state machine. A ping that was not taken yet counts as unanswered, so a client that does
/// not poll, or whose socket is stuck, is dead as soon as one that does not answer.
struct EngineIOHeartbeat: Sendable {
    private enum State {
        /// The client was heard. → due
        case quiet(until: NIODeadline)
        /// A ping is to be sent. → asked, or the client is dead
        case due(deadAt: NIODeadline)
        /// The ping was sent. → quiet, or the client is dead
        case asked(deadAt: NIODeadline)
    }

    private let times: EngineIOHandshake
    private var state: State

    /// The heartbeat of a client that was heard at `now`.
    init(_ times: EngineIOHandshake, at now: NIODeadline) {
        self.times = times
        state = .quiet(until: now + times.pingInterval)
    }

    /// When to look again.
    var wakeAt: NIODeadline {
        switch state {
        case .quiet(let until): until
        case .due(let deadAt), .asked(let deadAt): deadAt
        }
    }

    /// Whether a ping is to be sent.
    var isDue: Bool {
        if case .due = state { true } else { false }
    }

    /// The time has come to `now`.
    ///
    /// - Returns: whether the client is alive, as far as one can know.
    mutating func advance(to now: NIODeadline) -> Bool {
        switch state {
        case .quiet(let until):
            if now >= until { state = .due(deadAt: now + times.pingTimeout) }
            return true
        case .due(let deadAt), .asked(let deadAt):
            return now < deadAt
        }
    }

    /// The ping that was due is sent.
    mutating func sent(at now: NIODeadline) {
        switch state {
        case .due: state = .asked(deadAt: now + times.pingTimeout)
        case .quiet, .asked: break
        }
    }

    /// A pong has come; one that nobody asked for says nothing.
    mutating func pong(at now: NIODeadline) {
        switch state {
        case .asked: state = .quiet(until: now + times.pingInterval)
        case .quiet, .due: break
        }
    }

    /// The client's socket took some of what waits for it: it is slow, not dead.
    mutating func progressed(at now: NIODeadline) {
        let deadAt = now + times.pingTimeout
        switch state {
        case .quiet: break
        case .due: state = .due(deadAt: deadAt)
        case .asked: state = .asked(deadAt: deadAt)
        }
    }
}
