/// What deletion and retention took out of a journal, and what must be remembered of it.
///
/// Whatever is removed of a run is its beginning: records up to one of its offsets.
struct Removals: Hashable, Sendable {
    /// Retention took whole segments below this offset, so that missing ones are no loss.
    private(set) var floor = Offset.zero
    /// Runs that have lost their beginning, or all of themselves.
    private(set) var runs: [RunID: RemovedRun] = [:]
    /// The run of threads that may be named nowhere else any more.
    private(set) var threads: [String: ThreadHome] = [:]
    /// The seq of the last record of `unassigned` that was erased with the run it was copied to.
    private(set) var erasedSeq = RunSequence.none
    /// No removed record has a higher offset.
    private(set) var last: Offset?

    /// Notes that retention takes what is below `floor`.
    mutating func raise(to floor: Offset) {
        self.floor = max(self.floor, floor)
    }

    /// Notes that the first records of a run are gone.
    mutating func note(_ run: RunID, _ removed: RemovedRun) {
        if runs[run]?.merge(removed) == nil { runs[run] = removed }
        last = max(last ?? removed.last, removed.last)
    }

    /// Remembers the run of a thread, as a ``Directory`` would: where it was created last, else
    /// where it was named first.
    mutating func note(_ thread: String, _ home: ThreadHome) {
        if home.isCreated || threads[thread] == nil { threads[thread] = home }
    }

    /// Notes that a record of `unassigned` is gone.
    mutating func noteErased(through seq: RunSequence) {
        erasedSeq = max(erasedSeq, seq)
    }

    /// The seq of the last removed record of a run.
    func lastSeq(of run: RunID) -> RunSequence {
        max(runs[run]?.lastSeq ?? .none, run == .unassigned ? erasedSeq : .none)
    }

    /// Forgets the threads of a run that is deleted.
    mutating func forgetThreads(of run: RunID) {
        threads = threads.filter { $0.value.run != run }
    }

    /// What is gone of the selected runs at or above `offset`.
    func runs(of selection: Selection, from offset: Offset) -> [(run: RunID, RemovedRun)] {
        guard let last, offset <= last else { return [] }
        if let named = selection.named {
            return named.compactMap { run in
                runs[run].flatMap { offset <= $0.last ? (run, $0) : nil }
            }
        }
        return runs.filter { selection.contains($0.key) && offset <= $0.value.last }
            .map { ($0.key, $0.value) }
    }
}

/// The part of a run that is gone: everything from its beginning up to a record.
struct RemovedRun: Hashable, Sendable {
    /// The offset of the run's first record.
    var first: Offset
    /// The offset of the last record that is gone.
    var last: Offset
    /// The seq of that record.
    var lastSeq: RunSequence
    /// Why they are gone.
    var reason: Gap.Reason

    mutating func merge(_ later: RemovedRun) {
        first = min(first, later.first)
        guard later.last >= last else { return }
        last = later.last
        lastSeq = later.lastSeq
        reason = later.reason
    }

    /// The seq of the last record below `offset`; that of the last of all where others lie between
    /// them and it cannot be known.
    func lastSeq(before offset: Offset) -> RunSequence {
        guard offset <= last, let missing = count(from: offset) else { return lastSeq }
        return RunSequence(rawValue: lastSeq.rawValue - missing)
    }

    /// How many records at or above `offset` are gone; nil when that cannot be known, since others
    /// lie between them.
    func count(from offset: Offset) -> UInt64? {
        if offset <= first { return lastSeq.rawValue }
        let span = last.rawValue - first.rawValue + 1
        return span == lastSeq.rawValue ? last.next.rawValue - offset.rawValue : nil
    }
}

/// Records that are to be removed: written down before anything is, so that what was begun is
/// finished whatever comes between.
enum Removal: Hashable, Sendable {
    /// All records of a run below an offset, and the records in `unassigned` that they were copied
    /// from, ascending.
    case deletion(RunID, before: Offset, originals: [Offset])
    /// All records below an offset, but for those of runs that are pinned or in `spared`.
    case retention(floor: Offset, spared: Set<RunID>)
}
