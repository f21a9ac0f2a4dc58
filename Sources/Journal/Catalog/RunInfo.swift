/// What a list of runs shows of one.
public struct RunInfo: Sendable {
    /// How a run stands.
    public enum Status: String, Sendable {
        /// A thread is open, and something came in the last 15 minutes.
        case active
        /// A thread is open, and nothing came.
        case silent
        /// A thread ended failed, timed out or abandoned.
        case failed
        /// All threads are closed.
        case completed
    }

    /// A run with an open thread is silent when nothing came for this long: 15 minutes.
    public static let silentAfterMicroseconds: Int64 = 15 * 60 * 1_000_000

    /// Its name.
    public let run: RunID
    /// From a thread's metadata, else the beginning of the first delegation.
    public let title: String?
    /// How many records it has.
    public let events: UInt64
    /// The id of its first record.
    public let firstID: EventID
    /// The id of its last record.
    public let lastID: EventID
    /// The seq of its last record.
    public let lastSeq: RunSequence
    /// The event time of its first record.
    public let firstAt: Timestamp
    /// The event time of its last record.
    public let lastAt: Timestamp
    /// Who spoke or was spoken to, in order of first appearance.
    public let agents: [String]
    /// How many threads it has.
    public let threads: Int
    /// Bytes of data.
    public let bytes: UInt64
    /// Whether retention spares it.
    public let isPinned: Bool
    private let lastIngest: Timestamp
    private let isOpen: Bool
    private let hasFailed: Bool

    init(_ run: RunID, _ summary: RunSummary, _ state: LogState) {
        let epoch = state.epochs.current
        self.run = run
        title = summary.title ?? summary.delegation
        events = summary.events
        firstID = EventID(epoch: epoch, offset: summary.first)
        lastID = EventID(epoch: epoch, offset: summary.last)
        lastSeq = summary.lastSeq
        firstAt = summary.firstAt
        lastAt = summary.lastAt
        agents = summary.agents
        threads = summary.threads.count
        bytes = summary.bytes
        isPinned = state.pins.contains(run)
        lastIngest = summary.lastIngest
        isOpen = summary.threads.isEmpty || summary.threads.values.contains(.open)
        hasFailed = summary.threads.values.contains(.failed)
    }

    /// How the run stands at `now`.
    public func status(at now: Timestamp) -> Status {
        if isOpen {
            let quiet = now.microseconds - lastIngest.microseconds
            return quiet < RunInfo.silentAfterMicroseconds ? .active : .silent
        }
        return hasFailed ? .failed : .completed
    }

    /// Whether its name or title has `query` in it, letter case aside.
    func matches(_ query: String) -> Bool {
        let query = query.lowercased()
        return run.name.lowercased().contains(query)
            || title?.lowercased().contains(query) == true
    }
}
