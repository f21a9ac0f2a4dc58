/// Reads records of a journal by cursor: from memory near the end, else from the groups of the
/// segments that hold records of the selected runs, and no others.
///
/// The one way in which anything is read: backlog and live, pages and replays.
package struct LogReader: Sendable {
    let state: Locked<LogState>
    private let cache = IndexCache()

    init(state: Locked<LogState>) {
        self.state = state
    }

    /// The index of a segment, from memory if it was read lately.
    func index(of segment: SegmentFile) throws(JournalError) -> LoadedSegment {
        try cache.load(segment)
    }

    /// One page of what follows `cursor`; see ``RecordSource``.
    func read(_ selection: Selection, from cursor: Cursor, bytesMax: Int) throws(JournalError)
        -> ReadPage
    {
        var page = PageBuilder(selection: selection, cursor: cursor, bytesMax: bytesMax)
        while !page.isFull {
            switch state.withLock({ $0.plan(selection, from: page.cursor) }) {
            case .end:
                return try finish(page, isAtEnd: true)
            case .memory(let records, let end):
                for record in records where !page.isFull { page.add(record) }
                if !page.isFull { page.cursor = Cursor(next: end) }
            case .file(let segment, let limit):
                try readSegment(segment, until: limit, into: &page)
            case .active(let part):
                try readActive(part, into: &page)
            }
        }
        return try finish(page, isAtEnd: false)
    }

    private func readSegment(_ segment: SegmentFile, until limit: Offset, into page: inout PageBuilder)
        throws(JournalError)
    {
        let loaded: LoadedSegment
        do {
            loaded = try index(of: segment)
        } catch {
            guard error.code == .damaged else { throw error }
            return skip(page.cursor.next, limit, &page)
        }
        let index = loaded.footer.index
        for place in index.groups(of: page.selection, from: page.cursor.next) {
            let group = index.groups[place]
            guard group.first < limit else { break }
            let bytes = try segment.bytes(of: group)
            decode(group, bytes, loaded.header, limit: limit, into: &page)
            if page.isFull { return }
        }
        page.cursor = max(page.cursor, Cursor(next: limit))
    }

    private func readActive(_ part: LogState.ActivePart, into page: inout PageBuilder)
        throws(JournalError)
    {
        for group in part.groups {
            let bytes = try part.file.read(group.length, at: group.position)
            decode(group, bytes, part.header, limit: part.end, into: &page)
            if page.isFull { return }
        }
        if part.isComplete { page.cursor = max(page.cursor, Cursor(next: part.end)) }
    }

    private func decode(
        _ group: GroupEntry, _ bytes: [UInt8], _ header: SegmentHeader, limit: Offset,
        into page: inout PageBuilder
    ) {
        let from = page.cursor.next
        let selection = page.selection
        let damage = GroupDecoder.decode(
            bytes, at: group.position, in: header, rawLength: group.rawLength,
            isWanted: { run, offset in
                offset >= from && offset < limit && selection.contains(run)
            },
            yield: { record in if !page.isFull { page.add(record) } })
        guard !page.isFull else { return }
        if let damage {
            let first = max(damage.reached?.next ?? group.first, page.cursor.next)
            if first <= group.last { skip(first, group.last.next, &page) }
        }
        page.cursor = max(page.cursor, Cursor(next: min(group.last.next, limit)))
    }

    /// Notes that the records from `first` to before `limit` are lost.
    private func skip(_ first: Offset, _ limit: Offset, _ page: inout PageBuilder) {
        if first < limit {
            let last = Offset(rawValue: limit.rawValue - 1)
            let hole = Gap(range: first...last, missed: nil, reason: .corruption)
            state.withLock { $0.note(hole: hole) }
        }
        page.cursor = max(page.cursor, Cursor(next: limit))
    }

    /// Puts gaps where the page crosses holes in which selected records are, or may be, missing.
    private func finish(_ page: PageBuilder, isAtEnd: Bool) throws(JournalError) -> ReadPage {
        let crossed = state.withLock { state in
            state.holes.filter {
                $0.range.upperBound >= page.start.next && $0.range.lowerBound < page.cursor.next
            }
        }
        guard !crossed.isEmpty else {
            return ReadPage(
                items: page.records.map { .record($0) }, cursor: page.cursor, isAtEnd: isAtEnd)
        }
        var items: [ReadPage.Item] = []
        var holes = crossed[...]
        var previous: Record?
        for record in page.records {
            while let hole = holes.first, hole.range.lowerBound < record.offset {
                holes.removeFirst()
                let before = try self.record(before: hole, page.selection, previous)
                if let gap = gap(hole, page, before: before, after: record) {
                    items.append(.gap(gap))
                }
            }
            items.append(.record(record))
            previous = record
        }
        for hole in holes {
            let before = try record(before: hole, page.selection, previous)
            let after = try record(after: hole.range.upperBound, page.selection)
            if let gap = gap(hole, page, before: before, after: after) { items.append(.gap(gap)) }
        }
        return ReadPage(items: items, cursor: page.cursor, isAtEnd: isAtEnd)
    }

    /// The gap that readers of the selection are told at `hole`; nil when none of them misses
    /// anything there.
    private func gap(_ hole: Gap, _ page: PageBuilder, before: Record?, after: Record?) -> Gap? {
        guard case .run = page.selection else { return hole }
        let lastSeq = before?.seq ?? .none
        guard let after else { return hole }
        let missed = after.seq.rawValue - lastSeq.rawValue - 1
        return missed == 0 ? nil : Gap(range: hole.range, missed: missed, reason: hole.reason)
    }

    private func record(before hole: Gap, _ selection: Selection, _ known: Record?)
        throws(JournalError) -> Record?
    {
        if let known { return known }
        guard case .run(let run) = selection else { return nil }
        return try last(of: run, before: hole.range.lowerBound)
    }

    private func record(after offset: Offset, _ selection: Selection) throws(JournalError)
        -> Record?
    {
        guard case .run = selection else { return nil }
        var page = PageBuilder(selection: selection, cursor: Cursor(after: offset), bytesMax: 1)
        while page.records.isEmpty {
            switch state.withLock({ $0.plan(selection, from: page.cursor) }) {
            case .end: return nil
            case .memory(let records, let end):
                if let first = records.first { return first }
                page.cursor = Cursor(next: end)
            case .file(let segment, let limit):
                try readSegment(segment, until: limit, into: &page)
            case .active(let part): try readActive(part, into: &page)
            }
        }
        return page.records.first
    }

    /// The last record of `run` below `offset`.
    func last(of run: RunID, before offset: Offset) throws(JournalError) -> Record? {
        for candidate in state.withLock({ $0.places(of: run, before: offset) }) {
            switch candidate {
            case .record(let record):
                return record
            case .active(let part):
                for group in part.groups.reversed() {
                    let bytes = try part.file.read(group.length, at: group.position)
                    if let found = lastRecord(of: run, before: offset, group, bytes, part.header) {
                        return found
                    }
                }
            case .file(let segment):
                guard let loaded = try? index(of: segment) else { continue }
                let index = loaded.footer.index
                for place in (index.groupsByRun[run] ?? []).reversed() {
                    let group = index.groups[Int(place)]
                    guard group.first < offset else { continue }
                    let bytes = try segment.bytes(of: group)
                    if let found = lastRecord(of: run, before: offset, group, bytes, loaded.header)
                    {
                        return found
                    }
                }
            }
        }
        return nil
    }

    private func lastRecord(
        of run: RunID, before offset: Offset, _ group: GroupEntry, _ bytes: [UInt8],
        _ header: SegmentHeader
    ) -> Record? {
        var found: Record?
        _ = GroupDecoder.decode(
            bytes, at: group.position, in: header, rawLength: group.rawLength,
            isWanted: { $0 == run && $1 < offset }, yield: { found = $0 })
        return found
    }
}

/// A page while it is filled.
private struct PageBuilder {
    /// A page has at most this many records, however small they are.
    static let recordsMax = 8192

    let selection: Selection
    let start: Cursor
    var cursor: Cursor
    let bytesMax: Int
    private(set) var records: [Record] = []
    private(set) var bytes = 0

    init(selection: Selection, cursor: Cursor, bytesMax: Int) {
        self.selection = selection
        start = cursor
        self.cursor = cursor
        self.bytesMax = bytesMax
    }

    var isFull: Bool { bytes >= bytesMax || records.count >= PageBuilder.recordsMax }

    mutating func add(_ record: Record) {
        records.append(record)
        bytes += record.data.count + 64
        cursor = Cursor(after: record.offset)
    }
}
