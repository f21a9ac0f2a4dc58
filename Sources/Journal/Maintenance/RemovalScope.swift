/// Which records of a segment a removal takes, and what is left of it.
struct RemovalScope: Sendable {
    private let removal: Removal
    /// Runs of which retention takes nothing.
    private let spared: Set<RunID>
    private let originals: Set<Offset>

    /// What `removal` takes, where these runs are pinned.
    init(_ removal: Removal, pins: Set<RunID>) {
        self.removal = removal
        switch removal {
        case .deletion(_, _, let offsets):
            spared = []
            originals = Set(offsets)
        case .retention(_, let open):
            spared = open.union(pins)
            originals = []
        }
    }

    private var reason: Gap.Reason {
        if case .deletion = removal { .deleted } else { .retention }
    }

    /// Whether a record goes.
    func takes(_ record: Record) -> Bool {
        takes(record.run, record.offset) || originals.contains(record.offset)
    }

    private func takes(_ run: RunID, _ offset: Offset) -> Bool {
        switch removal {
        case .deletion(let deleted, let before, _): run == deleted && offset < before
        case .retention(let floor, _): offset < floor && !spared.contains(run)
        }
    }

    /// Whether a segment has records that go.
    func concerns(_ loaded: LoadedSegment) -> Bool {
        let runs = loaded.footer.index.directory().runs
        if runs.contains(where: { takes($0.key, $0.value.first) }) { return true }
        guard !originals.isEmpty, let home = runs[.unassigned] else { return false }
        return originals.contains { home.first <= $0 && $0 <= home.last }
    }

    /// Makes what is left of a segment, and says what is to be remembered of the rest.
    ///
    /// - Throws: code `io` or `diskFull`.
    func change(
        _ segment: SegmentFile, _ loaded: LoadedSegment, _ rewriter: SegmentRewriter
    ) throws(JournalError) -> (SegmentChange, RemovalResult) {
        let directory = loaded.footer.index.directory()
        var change = SegmentChange(
            base: segment.base, removed: [:], erased: [], damaged: [], threads: [:],
            isGone: { [self] in takes($0) })
        var result = RemovalResult()
        if case .retention = removal {
            change.threads = directory.threads.filter { !spared.contains($0.value.run) }
        }
        if case .retention(let floor, _) = removal, loaded.end <= floor,
            directory.runs.allSatisfy({ !spared.contains($0.key) })
        {
            for (run, summary) in directory.runs {
                change.removed[run] = RemovedRun(
                    first: summary.first, last: summary.last, lastSeq: summary.lastSeq,
                    reason: reason)
            }
            result.records = loaded.footer.index.recordCount
            result.bytes = loaded.fileLength
            return (change, result)
        }
        var gone = GoneRecords(reason: reason, originals: originals)
        let made = try rewriter.rewrite(
            segment, loaded, kind: reason == .deleted ? .deleted : .retention, where: takes,
            gone: { gone.note($0) })
        change.draft = made.draft
        change.damaged = made.damaged
        change.removed = gone.runs
        change.erased = gone.erased
        result.records = gone.count
        result.bytes = loaded.fileLength - min(made.length, loaded.fileLength)
        return (change, result)
    }
}

/// What was taken out of a segment, as it is decoded.
private struct GoneRecords {
    let reason: Gap.Reason
    let originals: Set<Offset>
    private(set) var runs: [RunID: RemovedRun] = [:]
    private(set) var erased: [ErasedRecords] = []
    private(set) var count: UInt64 = 0

    init(reason: Gap.Reason, originals: Set<Offset>) {
        self.reason = reason
        self.originals = originals
    }

    mutating func note(_ record: Record) {
        count += 1
        guard !originals.contains(record.offset) else {
            var low = record.offset
            if let last = erased.last, last.range.upperBound.next == record.offset {
                low = last.range.lowerBound
                erased.removeLast()
            }
            erased.append(ErasedRecords(range: low...record.offset, lastSeq: record.seq))
            return
        }
        let part = RemovedRun(
            first: record.offset, last: record.offset, lastSeq: record.seq, reason: reason)
        if runs[record.run]?.merge(part) == nil { runs[record.run] = part }
    }
}
