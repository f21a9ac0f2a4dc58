/// Offsets whose records were damaged on disk and are lost.
struct Hole: Hashable, Sendable {
    /// The lost offsets; any run may have had records among them.
    var range: ClosedRange<Offset>
    /// Records below this offset were numbered in their runs with the lost ones counted, so their
    /// seqs tell how many of a run are missing.
    ///
    /// Later ones went on from what had been left.
    var countedBelow: Offset

    /// The first offset after the hole.
    var end: Offset { range.upperBound.next }
}
