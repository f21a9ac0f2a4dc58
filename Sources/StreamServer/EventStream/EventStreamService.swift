import Journal
import Logging
import NIOCore
import NIOPosix

/// What every client of the Event Stream shares.
final class EventStreamService: Sendable {
    let source: any EventSource
    let hubs: HubGroup
    /// Threads that may block: for reads of the source.
    private let pool: NIOThreadPool
    /// Threads for what may read much of it, so that nobody else waits for that.
    private let scanPool: NIOThreadPool
    /// Polls that wait.
    let arrivals: Arrivals
    let sessions: EventStreamSessions
    let logger: Logger
    let now: @Sendable () -> Timestamp
    /// By which the heartbeats of polling sessions go.
    let uptime: @Sendable () -> NIODeadline
    /// Told each time that a client is greeted.
    private let greeting: @Sendable () -> Void

    init(
        source: any EventSource, hubs: HubGroup, pool: NIOThreadPool, scanPool: NIOThreadPool,
        arrivals: Arrivals, logger: Logger, now: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> NIODeadline,
        greeting: @escaping @Sendable () -> Void = {}
    ) {
        self.greeting = greeting
        self.source = source
        self.hubs = hubs
        self.pool = pool
        self.scanPool = scanPool
        self.arrivals = arrivals
        self.logger = logger
        self.now = now
        self.uptime = uptime
        sessions = EventStreamSessions(eventLoop: hubs.anyEventLoop, uptime: uptime)
    }

    /// Has `read` performed on a thread that may block; a page holds at most `packetsMax` events.
    func perform(_ read: EventStreamRead, packetsMax: Int, on eventLoop: any EventLoop)
        -> EventLoopFuture<EventStreamRead.Reply>
    {
        let pool =
            switch read.what {
            case .greeting, .history: scanPool
            case .page: pool
            }
        return pool.runIfActive(eventLoop: eventLoop) { [self] in
            let reply = try read.perform(on: source, packetsMax: packetsMax, now: now())
            if case .greeting = reply { greeting() }
            return reply
        }
    }

    /// A new session, which begins at `now`.
    func makeSession(_ rights: EventStreamRights, at now: NIODeadline) -> EventStreamSession {
        EventStreamSession(
            id: EventStreamService.makeID(), memberID: EventStreamService.makeID(),
            rights: rights, at: now)
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
