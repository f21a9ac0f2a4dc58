/// What readers see of a journal: segments, the published end, and the newest records in memory.
///
/// Guarded by one lock; only the committer's thread changes it, or in another process than the
/// writer's whoever finds that a segment was replaced.
struct LogState {
    /// The newest records are kept in memory up to this many bytes of data.
    static let tailBytesMax = 4 << 20

    /// Whose records these are; nil in a journal that has no MANIFEST yet.
    let journalID: JournalID?
    var epochs: EpochChain
    /// Segments that are no longer written, ascending.
    var segments: [SegmentFile] = []
    /// What is known of their runs and threads.
    var directory = Directory()
    var active: ActiveSegment?
    /// Where records of the active segment are, from its base on, by their identity hashes.
    var identities = IdentityTable()
    /// The offset after the last published record.
    var end: Offset
    /// Ranges of offsets whose records are lost, ascending.
    private(set) var holes: [Hole] = []
    /// Why no more is written; nil as long as writing works.
    var readOnlyReason: String?
    /// What deletion and retention took.
    private(set) var removals = Removals()
    /// Runs that retention spares.
    var pins: Set<RunID> = []
    /// Counts how often records that had been published were taken out of what readers see.
    private(set) var generation = 0
    private(set) var tail = RecordTail(bytesMax: LogState.tailBytesMax)
    /// The last record of any run but `unassigned`.
    private(set) var lastAssigned: Offset?

    private init(_ journalID: JournalID?, epochs: EpochChain, end: Offset) {
        self.journalID = journalID
        self.epochs = epochs
        self.end = end
    }

    /// The state that `manifest` tells of, without any segments.
    init(_ manifest: Manifest, end: Offset) {
        self.init(manifest.journalID, epochs: manifest.epochs, end: end)
        removals = manifest.removals
        pins = manifest.pins
        for hole in manifest.holes { note(hole) }
    }

    /// The state of a journal that is one segment alone: a tape.
    ///
    /// What its header says of offsets that it does not have is told as a gap of its only run.
    init(tape segment: SegmentFile, _ loaded: LoadedSegment) {
        let footer = loaded.footer
        var end = loaded.end
        for hole in footer.holes { end = max(end, hole.upperBound.next) }
        self.init(
            loaded.header.journalID, epochs: EpochChain(first: loaded.header.epoch), end: end)
        segments = [segment]
        directory = footer.index.directory()
        for hole in footer.holes { note(.damaged(hole)) }
        guard let (run, summary) = directory.runs.first, directory.runs.count == 1 else { return }
        for declared in loaded.header.ranges {
            guard let reason = declared.kind.reason else { continue }
            removals.note(
                run,
                RemovedRun(
                    first: declared.range.lowerBound, last: declared.range.upperBound,
                    lastSeq: RunSequence(rawValue: summary.firstSeq.rawValue - 1), reason: reason))
        }
    }

    /// The segment that is being written.
    struct ActiveSegment {
        let header: SegmentHeader
        let path: String
        let file: any File
        var index = SegmentIndex()
        /// Everything before it is published.
        var position: Position

        init(header: SegmentHeader, path: String, file: any File, position: Position) {
            self.header = header
            self.path = path
            self.file = file
            self.position = position
        }
    }

    /// Notes where the records of a commit are by their identity hashes; they go to the segment
    /// that is written.
    mutating func noteIdentities(of batch: CommitBatch, base: Offset) {
        guard let first = batch.records.first else { return }
        identities.append(batch.identities, from: Int(first.offset.rawValue - base.rawValue))
    }

    /// Finds the last record that has a run, once: from then on it is noted as it comes.
    mutating func noteLastAssigned() {
        lastAssigned = extent(of: .all)?.last
    }

    /// Adds records to those that are kept in memory.
    mutating func appendToTail(_ records: [Record]) {
        tail.append(records)
        if let last = records.lastIndex(where: { $0.run != .unassigned }) {
            lastAssigned = records[last].offset
        }
    }

    /// The first offset from which on every published record is in the tail.
    var tailStart: Offset { tail.first?.offset ?? end }

    /// The place in the tail of the first record at or above `offset`.
    func tailPlace(of offset: Offset) -> Int {
        var low = tail.startIndex
        var high = tail.endIndex
        while low < high {
            let middle = (low + high) / 2
            if tail[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What is known of a run.
    func summary(of run: RunID) -> RunSummary? {
        let part = active?.index.directory.runs[run]
        guard var whole = directory.runs[run] else { return part }
        if let part { whole.merge(part) }
        return whole
    }

    /// The last seq of a run.
    func lastSeq(of run: RunID) -> RunSequence {
        active?.index.directory.runs[run]?.lastSeq
            ?? max(directory.runs[run]?.lastSeq ?? .none, removals.lastSeq(of: run))
    }

    /// The run of a thread.
    func run(ofThread thread: String) -> RunID? {
        // Where it was created last, else where it was named first.
        let homes = [
            removals.threads[thread], directory.threads[thread],
            active?.index.directory.threads[thread],
        ].compactMap { $0 }
        return (homes.last { $0.isCreated } ?? homes.first)?.run
    }

    /// Whether a thread may have unassigned records that have not been copied into a run.
    func hasOrphans(ofThread thread: String) -> Bool {
        directory.orphans[thread] != nil || active?.index.directory.orphans[thread] != nil
    }

    /// The segments, no longer written, that hold records of a run; ascending.
    func segments(of summary: RunSummary?) -> [SegmentFile] {
        guard let summary else { return [] }
        return summary.segments.compactMap { base in
            segments.lowerBound { $0.base < base }.map { segments[$0] }
        }
    }

    /// The unassigned records of a thread that have not been copied into a run.
    func orphans(ofThread thread: String) -> [Offset] {
        let all =
            (directory.orphans[thread] ?? []) + (active?.index.directory.orphans[thread] ?? [])
        guard let adopted = active?.index.directory.adopted, !adopted.isEmpty else { return all }
        return all.filter { !adopted.contains($0) }
    }

    /// Adds a hole, made one with those that it touches.
    mutating func note(_ hole: Hole) {
        let known = holes.contains {
            $0.run == hole.run && $0.range.contains(hole.range.lowerBound)
                && $0.range.contains(hole.range.upperBound)
        }
        guard !known else { return }
        var whole = hole
        for other in holes where other.run == hole.run && other.range.overlaps(hole.range) {
            let low = min(whole.range.lowerBound, other.range.lowerBound)
            whole.range = low...max(whole.range.upperBound, other.range.upperBound)
            whole.countedBelow = min(whole.countedBelow, other.countedBelow)
        }
        holes.removeAll { $0.run == hole.run && $0.range.overlaps(hole.range) }
        let place = holes.lowerBound { $0.range.lowerBound < whole.range.lowerBound }
        holes.insert(whole, at: place ?? holes.count)
    }
}

extension LogState {
    /// Takes records out of what readers see: those in segment `base` for which `isGone` holds,
    /// of which `removed` tells; what is left of the segment is `replacement`, nil for nothing.
    mutating func remove(
        from base: Offset, _ removed: [RunID: RemovedRun], erased: [ErasedRecords],
        replacement: SegmentFile?, where isGone: (Record) -> Bool
    ) {
        generation += 1
        for (run, part) in removed {
            removals.note(run, part)
            directory.cut(run, part)
        }
        for part in erased {
            note(.erased(part.range))
            removals.noteErased(through: part.lastSeq)
        }
        tail.removeAll(where: isGone)
        guard let place = segments.lowerBound({ $0.base < base }), segments[place].base == base
        else { return }
        if let replacement { segments[place] = replacement } else { segments.remove(at: place) }
    }

    /// Takes over what is known of the segments once everything is removed.
    mutating func finishRemoval(_ directory: Directory, _ removals: Removals) {
        generation += 1
        self.directory = directory
        self.removals = removals
        noteLastAssigned()
    }

    /// Takes over what another process made of the journal meanwhile.
    mutating func reload(_ state: LogState) {
        let generation = generation + 1
        self = state
        self.generation = generation
    }
}
