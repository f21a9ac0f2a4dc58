/// A place in a file, in bytes from its start.
public struct Position: RawRepresentable, Hashable, Comparable, Sendable {
    /// Bytes from the start of the file.
    public let rawValue: UInt64

    /// Wraps a number of bytes from the start of a file.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The start of a file.
    public static let zero = Position(rawValue: 0)

    /// In order of the numbers.
    public static func < (left: Position, right: Position) -> Bool {
        left.rawValue < right.rawValue
    }

    package static func + (position: Position, bytes: Int) -> Position {
        Position(rawValue: position.rawValue + UInt64(bytes))
    }
}
