/// What can be asked of a journal, by its writer or beside it.
package protocol JournalReading: RecordSource {
    /// The way to its records.
    var reader: LogReader { get }
}

extension JournalReading {
    package func read(_ selection: Selection, from cursor: Cursor, bytesMax: Int)
        throws(JournalError) -> ReadPage
    {
        try reader.read(selection, from: cursor, bytesMax: bytesMax)
    }

    package func extent(of selection: Selection) throws(JournalError) -> Extent? {
        reader.state.withLock { $0.extent(of: selection) }
    }

    /// The offset after the last record that can be read.
    package var end: Offset { reader.state.withLock { $0.end } }

    /// The lineage of ids, and where its forks are.
    package var epochs: EpochChain { reader.state.withLock { $0.epochs } }

    /// The id of the record at `offset`, or of a reader's place.
    package func id(_ offset: Offset) -> EventID {
        EventID(epoch: epochs.current, offset: offset)
    }

    /// How many records of `run` a reader at `cursor` has seen: the last one's seq.
    package func seq(of run: RunID, at cursor: Cursor) throws(JournalError) -> RunSequence {
        let (summary, removed) = reader.state.withLock {
            ($0.summary(of: run), $0.removals.runs[run])
        }
        if let removed, cursor.next <= summary?.first ?? .init(rawValue: .max) {
            return removed.lastSeq(before: cursor.next)
        }
        guard let summary else { return .none }
        if cursor.next > summary.last { return summary.lastSeq }
        if cursor.next <= summary.first {
            return RunSequence(rawValue: summary.firstSeq.rawValue - 1)
        }
        return try reader.consistently { () throws(JournalError) in
            try reader.last(of: run, before: cursor.next)?.seq ?? .none
        }
    }

    /// What is known of a run; nil when there is none of that name.
    package func run(_ run: RunID) -> RunInfo? {
        reader.state.withLock { state in
            state.summary(of: run).map { RunInfo(run, $0, state) }
        }
    }

    /// Runs of a selection whose first record is below `before`, newest first, whose name or title
    /// has `query` in it; at most `limit`.
    package func runs(
        limit: Int, before: Offset?, matching query: String?, of selection: Selection = .everything
    ) -> [RunInfo] {
        reader.state.withLock { state in
            var names = Set(state.directory.runs.keys)
            if let active = state.active { names.formUnion(active.index.directory.runs.keys) }
            let firsts = names.compactMap { run in
                (state.directory.runs[run] ?? state.active?.index.directory.runs[run]).map {
                    (run: run, first: $0.first)
                }
            }
            var found: [RunInfo] = []
            for (run, first) in firsts.sorted(by: { $0.first > $1.first }) {
                guard found.count < limit else { break }
                if let before, first >= before { continue }
                guard selection.contains(run) else { continue }
                guard let summary = state.summary(of: run) else { continue }
                let info = RunInfo(run, summary, state)
                if query.map({ info.matches($0) }) ?? true { found.append(info) }
            }
            return found
        }
    }
}

extension LogState {
    /// The first and last record of the selected runs.
    func extent(of selection: Selection) -> Extent? {
        let summaries: [RunSummary]
        if let runs = selection.named {
            summaries = runs.compactMap { summary(of: $0) }
        } else {
            var names = Set(directory.runs.keys)
            if let active { names.formUnion(active.index.directory.runs.keys) }
            summaries = names.filter { selection.contains($0) }.compactMap { summary(of: $0) }
        }
        guard let first = summaries.min(by: { $0.first < $1.first }),
            let last = summaries.max(by: { $0.last < $1.last })
        else { return nil }
        return Extent(
            first: first.first, last: last.last, firstAt: first.firstAt, lastAt: last.lastAt)
    }
}

extension JournalReading {
    /// Whether records that were published are known to be lost, or were removed.
    package var hasLosses: Bool {
        reader.state.withLock { !$0.holes.isEmpty || $0.removals.last != nil }
    }

    /// Whether the beginning of a run, or all of it, was deleted or taken by retention.
    package func hasRemoved(_ run: RunID) -> Bool {
        reader.state.withLock { $0.removals.runs[run] != nil }
    }

    /// The last seq that was given to a record of `run`, whether it is left or not.
    package func lastSeq(of run: RunID) -> RunSequence {
        reader.state.withLock { $0.lastSeq(of: run) }
    }

    /// The record that a reader at `cursor` saw last, if that is still there and selected.
    package func record(before cursor: Cursor, of selection: Selection) throws(JournalError)
        -> Record?
    {
        guard cursor != .start else { return nil }
        let record = try reader.consistently { () throws(JournalError) in
            try reader.record(at: cursor.lastSeen)
        }
        return record.flatMap { selection.contains($0.run) ? $0 : nil }
    }

    /// The last records before `cursor`, of any run, for which `isWanted` holds; see
    /// ``LogReader/last(_:before:bytesMax:scanBytesMax:where:)``.
    package func last(
        _ count: Int, before cursor: Cursor, bytesMax: Int, scanBytesMax: Int,
        where isWanted: (Record) -> Bool
    ) throws(JournalError) -> [Record] {
        try reader.consistently { () throws(JournalError) in
            try reader.last(
                count, before: cursor, bytesMax: bytesMax, scanBytesMax: scanBytesMax,
                where: isWanted)
        }
    }

    /// The id of the last record of the selected runs; nil when they have none.
    package func latestID(of selection: Selection) -> EventID? {
        reader.state.withLock { state in
            let last: Offset?
            switch selection {
            case .run(let run): last = state.lastOffset(of: run)
            case .runs(let runs): last = runs.compactMap { state.lastOffset(of: $0) }.max()
            case .all: last = state.lastAssigned
            case .everything:
                last = [state.lastAssigned, state.lastOffset(of: .unassigned)]
                    .compactMap { $0 }.max()
            case .matching: last = state.lastOffset(of: selection)
            }
            return last.map { EventID(epoch: state.epochs.current, offset: $0) }
        }
    }
}

extension LogState {
    /// The offset of the last record of a run.
    func lastOffset(of run: RunID) -> Offset? {
        active?.index.directory.runs[run]?.last ?? directory.runs[run]?.last
    }

    /// The offset of the last record of the selected runs; looks at the name of every run.
    fileprivate func lastOffset(of selection: Selection) -> Offset? {
        let recent = active?.index.directory.runs ?? [:]
        let last = recent.lazy.filter { selection.contains($0.key) }.map(\.value.last).max()
        // Whatever the active segment has is behind all else.
        return last
            ?? directory.runs.lazy.filter { selection.contains($0.key) }.map(\.value.last).max()
    }
}
