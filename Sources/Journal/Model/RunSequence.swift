/// The number of a record within its run: contiguous, from 1.
///
/// Where a reader has seen `seq` n, it has seen n records of the run, or was told a gap.
public struct RunSequence: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number itself; 0 stands for "before the first record".
    public let rawValue: UInt64

    /// Wraps a number.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Before the first record of a run.
    public static let none = RunSequence(rawValue: 0)

    /// The number after this one.
    public var next: RunSequence { RunSequence(rawValue: rawValue + 1) }

    /// In order of the numbers.
    public static func < (left: RunSequence, right: RunSequence) -> Bool {
        left.rawValue < right.rawValue
    }
}
