/// The number of a record: global to the journal, assigned contiguously from 0, never reused.
///
/// An offset counts records; a place in a file is a ``Position``.
public struct Offset: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number itself, from 0.
    public let rawValue: UInt64

    /// Wraps a number, from 0.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The offset of a journal's first record.
    public static let zero = Offset(rawValue: 0)

    /// The offset after this one.
    ///
    /// - Precondition: `rawValue` is not `UInt64.max`.
    public var next: Offset { Offset(rawValue: rawValue + 1) }

    /// In order of the numbers.
    public static func < (left: Offset, right: Offset) -> Bool {
        left.rawValue < right.rawValue
    }
}
