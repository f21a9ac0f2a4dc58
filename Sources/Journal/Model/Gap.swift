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

    /// A gap over `range`.
    public init(range: ClosedRange<Offset>, missed: UInt64?, reason: Reason) {
        self.range = range
        self.missed = missed
        self.reason = reason
    }
}
