/// What retention takes: always the oldest records, and none of a pinned run.
///
/// Of a run with a thread that was created and is open, in which something was said since ``before``, nothing
/// goes by age; by size only what must, after all others.
public struct RetentionPolicy: Hashable, Sendable {
    /// Records whose event time is before this may go, as long as all before them may; nil for no
    /// limit of age.
    public var before: Timestamp?
    /// Records may go until the segments have no more bytes than this; nil for no limit of size.
    public var bytesMax: UInt64?
    /// Whether segments that would only go in part are left alone: for what runs now and then,
    /// and need not be exact.
    public var takesWholeSegmentsOnly: Bool

    /// A policy with these limits; by default it takes exactly what they say.
    public init(
        before: Timestamp? = nil, bytesMax: UInt64? = nil, takesWholeSegmentsOnly: Bool = false
    ) {
        self.before = before
        self.bytesMax = bytesMax
        self.takesWholeSegmentsOnly = takesWholeSegmentsOnly
    }
}

/// What a deletion or retention took.
public struct RemovalResult: Hashable, Sendable {
    /// Records that are gone.
    public var records: UInt64 = 0
    /// Bytes of segments that were given back.
    public var bytes: UInt64 = 0

    /// Nothing.
    public init() {}
}
