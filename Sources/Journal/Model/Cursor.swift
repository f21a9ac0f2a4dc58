/// Where a reader stands: everything before `next` has been seen.
///
/// A cursor is *exclusive*: reading from it yields what follows.
public struct Cursor: Hashable, Comparable, Sendable {
    /// The first offset that has not been seen.
    public let next: Offset

    /// The cursor of a reader to whom `next` is the first unseen offset.
    public init(next: Offset) {
        self.next = next
    }

    /// The cursor of a reader that has seen everything up to and including `offset`.
    ///
    /// `UInt64.max`, which no record ever has, stands for "before offset 0".
    public init(after offset: Offset) {
        self.next = Offset(rawValue: offset.rawValue &+ 1)
    }

    /// Before the first record.
    public static let start = Cursor(next: .zero)

    /// The offset that an event id names for this cursor: the last one seen, or `UInt64.max`
    /// before offset 0.
    public var lastSeen: Offset { Offset(rawValue: next.rawValue &- 1) }

    /// The earlier one first.
    public static func < (left: Cursor, right: Cursor) -> Bool {
        left.next < right.next
    }
}
