import Journal
import Logging

/// Watches how much space the disk of a journal has, and tells before it is full.
final class SpaceWatch: Sendable {
    /// How often it looks.
    private static let pauseTime = Duration.seconds(10)

    private let free: @Sendable () throws(JournalError) -> UInt64
    private let logger: Logger
    private let pause: @Sendable (Duration) async throws -> Void
    private let queue = BlockingQueue("tapedeck-space")
    private let latest: Locked<DiskSpace>

    /// A watch that asks `free`, which may block, for the number of free bytes, and waits by
    /// `pause`, which throws when it is to stop.
    init(
        bytesMin: UInt64, logger: Logger,
        free: @escaping @Sendable () throws(JournalError) -> UInt64,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.free = free
        self.logger = logger
        self.pause = pause
        latest = Locked(DiskSpace(bytesMin: bytesMin))
    }

    /// What it saw last.
    var space: DiskSpace { latest.withLock { $0 } }

    /// Watches until it is cancelled.
    func run() async {
        while (try? await pause(SpaceWatch.pauseTime)) != nil { await look() }
    }

    /// Looks once.
    func look() async {
        let found = await queue.run { [free] in
            Result<UInt64, JournalError> { () throws(JournalError) in try free() }
        }
        let (change, space) = latest.withLock { space in
            let change =
                switch found {
                case .success(let bytes): space.take(bytes)
                case .failure(let error): space.lose(error.description)
                }
            return (change, space)
        }
        switch change {
        case .low: logger.warning("\(space.concern ?? "the journal's disk has little space left")")
        case .enough: logger.notice("the journal's disk has enough space again")
        case .unknown(let reason): logger.warning("\(reason)")
        case nil: break
        }
    }
}
