/// Where a reader stands: everything before `next` has been seen.
///
/// A cursor is *exclusive*: reading from it yields what follows.
public struct Cursor: Hashable, Comparable, Sendable {
    /// The first offset that has not been seen.
    public let next: Offset
    /// The reader has been told of removed records below this offset; nil where that is no more
    /// than `next` says.
    ///
    /// Only a cursor that a read returned carries it: an id that a client kept does not, so that
    /// it is rather told twice than not at all.
    public let told: Offset?

    /// The cursor of a reader to whom `next` is the first unseen offset, and who was told of what
    /// was removed below `told`.
    public init(next: Offset, told: Offset? = nil) {
        self.next = next
        self.told = told.flatMap { $0 > next ? $0 : nil }
    }

    /// The cursor of a reader that has seen everything up to and including `offset`.
    ///
    /// `UInt64.max`, which no record ever has, stands for "before offset 0".
    public init(after offset: Offset) {
        self.init(next: Offset(rawValue: offset.rawValue &+ 1))
    }

    /// Before the first record.
    public static let start = Cursor(next: .zero)

    /// The offset that an event id names for this cursor: the last one seen, or `UInt64.max`
    /// before offset 0.
    public var lastSeen: Offset { Offset(rawValue: next.rawValue &- 1) }

    /// The earlier one first.
    public static func < (left: Cursor, right: Cursor) -> Bool {
        (left.next, left.told ?? .zero) < (right.next, right.told ?? .zero)
    }
}
