/// Offsets whose records are gone: damaged on disk, or erased.
struct Hole: Hashable, Sendable {
    /// The lost offsets; any run may have had records among them, unless `run` names the only one.
    var range: ClosedRange<Offset>
    /// Records below this offset were numbered in their runs with the lost ones counted, so their
    /// seqs tell how many of a run are missing.
    ///
    /// Later ones went on from what had been left.
    var countedBelow: Offset
    /// The one run that had records there; nil where that is not known.
    var run: RunID?

    /// The first offset after the hole.
    var end: Offset { range.upperBound.next }

    /// Why its records are gone.
    var reason: Gap.Reason { run == nil ? .corruption : .deleted }

    /// Records that were found damaged while the journal is open, which has counted them.
    static func damaged(_ range: ClosedRange<Offset>) -> Hole {
        Hole(range: range, countedBelow: Offset(rawValue: .max))
    }

    /// Records of `unassigned` that were copied into a run, and erased with it.
    static func erased(_ range: ClosedRange<Offset>) -> Hole {
        Hole(range: range, countedBelow: Offset(rawValue: .max), run: .unassigned)
    }

    /// Whether readers of `selection` may miss something there.
    func concerns(_ selection: Selection) -> Bool {
        run.map(selection.contains) ?? true
    }
}

/// Records of `unassigned` that follow each other and are erased.
struct ErasedRecords: Hashable, Sendable {
    var range: ClosedRange<Offset>
    /// The seq of the last of them.
    var lastSeq: RunSequence
}
