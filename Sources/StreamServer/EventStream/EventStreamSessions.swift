import Journal
import NIOCore

/// The sessions of all clients of the Event Stream: those that poll by their ids, and how many
/// there are.
///
/// All methods may be called from any thread.
final class EventStreamSessions: Sendable {
    /// Sessions at once, at most: polling ones and WebSockets together.
    static let countMax = 1000
    /// How often it is looked for clients that do not poll any more.
    private static let sweepInterval = TimeAmount.seconds(1)

    private struct State {
        var polling: [String: PollingSession] = [:]
        var count = 0
        var isSweeping = false
    }

    private let state = Locked(State())
    private let eventLoop: any EventLoop
    private let uptime: @Sendable () -> NIODeadline

    /// No sessions; `eventLoop` is where dead ones are looked for, by the clock `uptime`.
    init(eventLoop: any EventLoop, uptime: @escaping @Sendable () -> NIODeadline) {
        self.eventLoop = eventLoop
        self.uptime = uptime
    }

    /// How many clients poll.
    var pollingCount: Int { state.withLock { $0.polling.count } }

    /// How many sessions there are.
    var count: Int { state.withLock { $0.count } }

    /// Makes room for one more session, which ``leave()`` gives back.
    ///
    /// - Throws: ``Problem`` 503 when there are as many as there may be.
    func enter() throws(Problem) {
        let isRoom = state.withLock { state in
            guard state.count < EventStreamSessions.countMax else { return false }
            state.count += 1
            return true
        }
        guard isRoom else {
            throw Problem(
                503,
                "this server has \(EventStreamSessions.countMax) Event Stream clients, and takes "
                    + "no more; try again later")
        }
    }

    /// A session is over.
    func leave() {
        state.withLock { $0.count -= 1 }
    }

    /// Adds a session that has entered; it leaves by itself when its client is gone.
    func add(_ session: PollingSession) {
        let begins = state.withLock { state in
            state.polling[session.id] = session
            defer { state.isSweeping = true }
            return !state.isSweeping
        }
        if begins { scheduleSweep() }
    }

    /// The session of that id, whose client polls.
    func polling(_ id: String) -> PollingSession? {
        guard let session = state.withLock({ $0.polling[id] }), !session.isGone else { return nil }
        return session
    }

    /// Forgets a polling session; one that has moved to a WebSocket keeps its place.
    func remove(_ session: PollingSession) {
        let hasMoved = session.hasMoved
        state.withLock { state in
            guard state.polling.removeValue(forKey: session.id) != nil else { return }
            if !hasMoved { state.count -= 1 }
        }
    }

    private func scheduleSweep() {
        eventLoop.scheduleTask(in: EventStreamSessions.sweepInterval) { [self] in
            let sessions = state.withLock { state in
                state.isSweeping = !state.polling.isEmpty
                return Array(state.polling.values)
            }
            let now = uptime()
            for session in sessions {
                session.advance(to: now)
                if session.isGone { remove(session) }
            }
            if !sessions.isEmpty { scheduleSweep() }
        }
    }
}
