extension LogReader {
    /// Puts gaps where the page crosses holes in which selected records are, or may be, missing.
    func finish(_ page: PageBuilder) throws(JournalError) -> ReadPage {
        let (crossed, end) = state.withLock { state in
            let crossed = state.holes.filter {
                $0.end > page.start.next && $0.range.lowerBound < page.cursor.next
            }
            return (crossed, state.end)
        }
        let isAtEnd = page.cursor.next >= end
        let items = crossed.isEmpty ? page.items : try items(of: page, crossing: crossed)
        return ReadPage(items: items, cursor: page.cursor, isAtEnd: isAtEnd)
    }

    private func items(of page: PageBuilder, crossing crossed: [Hole]) throws(JournalError)
        -> [ReadPage.Item]
    {
        var items: [ReadPage.Item] = []
        items.reserveCapacity(page.items.count + crossed.count)
        var holes = crossed[...]
        for item in page.items {
            while let hole = holes.first, case .record(let record) = item,
                hole.range.lowerBound < record.offset
            {
                holes.removeFirst()
                if let gap = try gap(hole, page.selection) { items.append(.gap(gap)) }
            }
            items.append(item)
        }
        for hole in holes {
            if let gap = try gap(hole, page.selection) { items.append(.gap(gap)) }
        }
        return items
    }

    /// The gap that readers of the selection are told at `hole`; nil when none of them misses
    /// anything there.
    private func gap(_ hole: Hole, _ selection: Selection) throws(JournalError) -> Gap? {
        var gap = Gap(range: hole.range, missed: nil, reason: .corruption)
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
        let before = try last(of: run, before: hole.range.lowerBound)?.seq ?? .none
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
