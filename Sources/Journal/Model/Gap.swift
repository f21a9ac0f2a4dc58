/// Records that a reader asked for and that are, or may be, missing.
public struct Gap: Hashable, Sendable {
    /// Why they are missing.
    public enum Reason: String, Sendable {
        /// Their age or the journal's size made them go.
        case retention
        /// Their bytes were damaged.
        case corruption
        /// Their run was deleted.
        case deleted
    }

    /// The offsets among which they are.
    public var range: ClosedRange<Offset>
    /// How many of the selected runs are missing; nil when that cannot be known.
    public var missed: UInt64?
    /// Why.
    public var reason: Reason
    /// Where a reader stands who was told: no record that is left lies before it and was not read.
    ///
    /// Within `range` where records of other selected runs are left there.
    public var reached: Cursor
    /// The seq that a reader of one run has come to with it; nil where that is not known.
    public var seq: RunSequence?

    /// A gap over `range`, behind which the reader stands unless `reached` says otherwise.
    public init(
        range: ClosedRange<Offset>, missed: UInt64?, reason: Reason, reached: Cursor? = nil,
        seq: RunSequence? = nil
    ) {
        self.seq = seq
        self.range = range
        self.missed = missed
        self.reason = reason
        self.reached = reached ?? Cursor(after: range.upperBound)
    }
}
