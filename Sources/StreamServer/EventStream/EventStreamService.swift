import Journal
import Logging
import NIOCore
import NIOPosix

/// What every client of the Event Stream shares.
final class EventStreamService: Sendable {
    let source: any EventSource
    let hubs: HubGroup
    /// Threads that may block: for reads of the source.
    let pool: NIOThreadPool
    /// Polls that wait.
    let arrivals: Arrivals
    let sessions: EventStreamSessions
    let logger: Logger
    let now: @Sendable () -> Timestamp

    init(
        source: any EventSource, hubs: HubGroup, pool: NIOThreadPool, arrivals: Arrivals,
        logger: Logger, now: @escaping @Sendable () -> Timestamp
    ) {
        self.source = source
        self.hubs = hubs
        self.pool = pool
        self.arrivals = arrivals
        self.logger = logger
        self.now = now
        sessions = EventStreamSessions(eventLoop: hubs.anyEventLoop)
    }

    /// A new session, which begins at `now`.
    func makeSession(at now: NIODeadline) -> EventStreamSession {
        EventStreamSession(
            id: EventStreamService.makeID(), memberID: EventStreamService.makeID(), at: now)
    }

    /// An id that nobody can guess: 120 random bits as 20 characters.
    private static func makeID() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(
            decoding: (0..<20).compactMap { _ in alphabet.randomElement(using: &generator) },
            as: UTF8.self)
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
}
