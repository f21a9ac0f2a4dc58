/// What one read yields: some of what follows a cursor, in order of offset.
public struct ReadPage: Sendable {
    /// A page has at most this many records, however small they are.
    package static let recordsMax = 8192

    /// One thing that a reader is told.
    public enum Item: Sendable {
        /// A record.
        case record(Record)
        /// Records are, or may be, missing here.
        case gap(Gap)
    }

    /// What follows the cursor that was read from; may be empty though there is more to scan.
    public var items: [Item]
    /// Where the reader stands after `items`; also moves over records of other runs.
    public var cursor: Cursor
    /// Whether nothing durable follows `cursor`.
    public var isAtEnd: Bool

    /// A page of `items` that leads to `cursor`.
    public init(items: [Item], cursor: Cursor, isAtEnd: Bool) {
        self.items = items
        self.cursor = cursor
        self.isAtEnd = isAtEnd
    }

    /// The records among the items.
    public var records: [Record] {
        items.compactMap { if case .record(let record) = $0 { record } else { nil } }
    }
}

/// Whatever records can be read from in order: a journal, a tape, or a list in a test.
package protocol RecordSource: Sendable {
    /// Reads what follows `cursor` of the selected runs, up to about `bytesMax` bytes of data and
    /// at least one item if there is one. Blocks while it reads from disk.
    ///
    /// - Throws: ``JournalError`` with code `io`.
    func read(_ selection: Selection, from cursor: Cursor, bytesMax: Int) throws(JournalError)
        -> ReadPage

    /// What is known of the selected runs as a whole; nil when they have no records.
    func extent(of selection: Selection) throws(JournalError) -> Extent?
}

/// The first and last record of the selected runs, and the last's event time.
public struct Extent: Hashable, Sendable {
    /// The earliest record's offset.
    public var first: Offset
    /// The latest record's offset.
    public var last: Offset
    /// The event time of the earliest record.
    public var firstAt: Timestamp
    /// The event time of the latest record.
    public var lastAt: Timestamp

    /// The extent between two records.
    public init(first: Offset, last: Offset, firstAt: Timestamp, lastAt: Timestamp) {
        self.first = first
        self.last = last
        self.firstAt = firstAt
        self.lastAt = lastAt
    }
}
