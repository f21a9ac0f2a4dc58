extension LogReader {
    /// Puts gaps where the page crosses holes in which selected records are, or may be, missing,
    /// and where such were removed.
    func finish(_ page: PageBuilder) throws(JournalError) -> ReadPage {
        let (crossed, removed, end) = state.withLock { state in
            let crossed = state.holes.filter {
                $0.end > page.start.next && $0.range.lowerBound < page.cursor.next
                    && $0.concerns(page.selection)
            }
            return (crossed, state.removed(of: page), state.end)
        }
        var gaps: [Gap] = []
        for hole in crossed {
            if let gap = try gap(hole, page.selection) { gaps.append(gap) }
        }
        var told = page.start.told
        if let gap = removed {
            gaps.insert(
                gap,
                at: gaps.firstIndex { $0.range.lowerBound > gap.range.lowerBound } ?? gaps.count)
            told = gap.range.upperBound.next
        }
        return ReadPage(
            items: gaps.isEmpty ? page.items : LogReader.items(of: page, with: gaps),
            cursor: Cursor(next: page.cursor.next, told: told),
            isAtEnd: page.cursor.next >= end)
    }

    private static func items(of page: PageBuilder, with gaps: [Gap]) -> [ReadPage.Item] {
        var items: [ReadPage.Item] = []
        items.reserveCapacity(page.items.count + gaps.count)
        var ahead = gaps[...]
        for item in page.items {
            while let gap = ahead.first, case .record(let record) = item,
                gap.range.lowerBound < record.offset
            {
                ahead.removeFirst()
                items.append(.gap(gap))
            }
            items.append(item)
        }
        return items + ahead.map { .gap($0) }
    }

    /// The gap that readers of the selection are told at `hole`; nil when none of them misses
    /// anything there.
    private func gap(_ hole: Hole, _ selection: Selection) throws(JournalError) -> Gap? {
        var gap = Gap(range: hole.range, missed: nil, reason: hole.reason)
        guard let runs = selection.named else { return gap }
        var missed: UInt64 = 0
        for run in runs {
            guard let count = try missing(of: run, in: hole) else { return gap }
            missed += count
        }
        gap.missed = missed
        return missed == 0 ? nil : gap
    }

    /// How many records of `run` are lost in `hole`; nil when that cannot be known.
    private func missing(of run: RunID, in hole: Hole) throws(JournalError) -> UInt64? {
        if let only = hole.run, only != run { return 0 }
        let removed = state.withLock { $0.removals.runs[run] }
            .flatMap { $0.last < hole.range.lowerBound ? $0.lastSeq : nil }
        let before = try last(of: run, before: hole.range.lowerBound)?.seq ?? removed ?? .none
        let seq: UInt64
        if let after = try first(of: run, from: hole.end) {
            guard after.offset < hole.countedBelow else { return nil }
            seq = after.seq.rawValue
        } else {
            // Without one after the hole, the run's last seq tells, if it was counted.
            guard hole.countedBelow.rawValue == .max else { return nil }
            seq = state.withLock { $0.lastSeq(of: run) }.rawValue + 1
        }
        return seq > before.rawValue ? seq - before.rawValue - 1 : 0
    }

    /// The first record of `run` at or above `offset`.
    private func first(of run: RunID, from offset: Offset) throws(JournalError) -> Record? {
        var page = PageBuilder(
            selection: .run(run), cursor: Cursor(next: offset), bytesMax: 1)
        while !page.isFull, try advance(&page) {}
        return page.firstRecord
    }
}

extension LogState {
    /// The gap that the reader of a page is told where records of its runs were removed; nil where
    /// none were, or it was told before.
    func removed(of page: PageBuilder) -> Gap? {
        let start = max(page.start.next, page.start.told ?? .zero)
        var range: ClosedRange<Offset>?
        var missed: UInt64? = 0
        // Where they are several, that of the last.
        var latest: RemovedRun?
        var seq: RunSequence?
        for (run, removed) in removals.runs(of: page.selection, from: start) {
            let lower = max(start, removed.first)
            var upper = removed.last
            // What a removal that was interrupted has not taken yet is still read.
            if let first = summary(of: run)?.first {
                guard first > lower else { continue }
                upper = min(upper, Offset(rawValue: first.rawValue - 1))
            }
            guard lower < page.cursor.next else { continue }
            let whole = range ?? lower...upper
            range = min(whole.lowerBound, lower)...max(whole.upperBound, upper)
            missed = missed.flatMap { sum in removed.count(from: start).map { sum + $0 } }
            if latest.map({ $0.last < removed.last }) ?? true { latest = removed }
            if page.selection == .run(run) { seq = removed.lastSeq }
        }
        guard let range, let latest else { return nil }
        // Records of other runs may be left in between.
        let next = page.firstRecord(after: range.lowerBound)?.offset ?? page.cursor.next
        return Gap(
            range: range, missed: missed, reason: latest.reason,
            reached: Cursor(next: min(range.upperBound.next, next)), seq: seq)
    }
}
