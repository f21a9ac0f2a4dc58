import Journal
import Logging
import NIOCore
import NIOPosix

/// What every stream and request handler shares.
final class StreamService: Sendable {
    let journal: Journal
    let hubs: HubGroup
    /// Threads that may block: for reads of the journal.
    let pool: NIOThreadPool
    /// Threads for what may read much of it, so that nobody else waits for that.
    let scanPool: NIOThreadPool
    /// Long polls that wait.
    let arrivals: Arrivals
    let logger: Logger
    let now: @Sendable () -> Timestamp
    /// What clients of the Event Stream share.
    let eventStream: EventStreamService

    init(
        journal: Journal, hubs: HubGroup, pool: NIOThreadPool,
        scanPool: NIOThreadPool, arrivals: Arrivals,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> NIODeadline = { .now() },
        greeting: @escaping @Sendable () -> Void = {}
    ) {
        self.journal = journal
        self.hubs = hubs
        self.pool = pool
        self.scanPool = scanPool
        self.arrivals = arrivals
        self.logger = logger
        self.now = now
        eventStream = EventStreamService(
            source: journal, hubs: hubs, pool: pool, scanPool: scanPool, arrivals: arrivals,
            logger: logger, now: now, uptime: uptime, greeting: greeting)
    }
}
