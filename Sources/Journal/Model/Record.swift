/// An event as journaled.
public struct Record: Hashable, Sendable {
    /// Its number in the journal.
    public var offset: Offset
    /// Its run.
    public var run: RunID
    /// Its number in the run.
    public var seq: RunSequence
    /// The event's type.
    public var type: EventType
    /// When it was taken in.
    public var ingest: IngestTime
    /// When it happened, where that is not when it was taken in: imports and copies.
    public var eventTime: Timestamp?
    /// Where it was first recorded, for imports and copies.
    public var origin: EventID?
    /// What names it where its data has no `message_id`; see ``Draft/key``.
    public var key: UInt64?
    /// Whether its data has the keys `run_id` and `created_at`.
    public var shape: DataShape
    /// The event's data: a JSON object, byte for byte as it came.
    public var data: [UInt8]

    /// When it happened: the event time, else the ingest time.
    ///
    /// Shown to readers as `recorded_at`.
    public var recordedAt: Timestamp { eventTime ?? ingest.wall }

    /// Microseconds of original time from `earlier` to this record, never below 0: by the
    /// monotonic clock where both were recorded in one boot, else by their event times.
    public func microseconds(since earlier: Record) -> UInt64 {
        if eventTime == nil, earlier.eventTime == nil, ingest.boot == earlier.ingest.boot {
            let (now, then) =
                (ingest.monotonicMicroseconds, earlier.ingest.monotonicMicroseconds)
            return now > then ? now - then : 0
        }
        let (now, then) = (recordedAt.microseconds, earlier.recordedAt.microseconds)
        let (difference, overflow) = now.subtractingReportingOverflow(then)
        return overflow || difference < 0 ? 0 : UInt64(difference)
    }

    /// Which keys an object of data has, as far as framing needs to know.
    public struct DataShape: OptionSet, Hashable, Sendable {
        /// The keys, a bit each.
        public let rawValue: UInt8

        /// The keys whose bits are set.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The data has the key `run_id`.
        public static let hasRunID = DataShape(rawValue: 1)
        /// The data has the key `created_at`.
        public static let hasCreatedAt = DataShape(rawValue: 2)
    }
}
