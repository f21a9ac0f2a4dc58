/// Reads records of a journal by cursor: from memory near the end, else from the groups of the
/// segments that hold records of the selected runs, and no others.
///
/// The one way in which anything is read: backlog and live, pages and replays.
package struct LogReader: Sendable {
    let state: Locked<LogState>
    private let cache = IndexCache()

    init(state: Locked<LogState>) {
        self.state = state
        state.withLock { $0.noteLastAssigned() }
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
        while !page.isFull, try advance(&page) {}
        return try finish(page)
    }

    /// Reads on in one place; false when nothing published follows.
    func advance(_ page: inout PageBuilder) throws(JournalError) -> Bool {
        let plan = state.withLock {
            $0.plan(page.selection, from: page.cursor, bytesMax: page.bytesLeft)
        }
        switch plan {
        case .end:
            return false
        case .memory(let records, let end):
            for record in records where !page.isFull { page.add(record) }
            if !page.isFull { page.cursor = end }
        case .file(let segment, let limit):
            try readSegment(segment, until: limit, into: &page)
        case .active(let part):
            try readActive(part, into: &page)
        }
        return true
    }

    private func readSegment(
        _ segment: SegmentFile, until limit: Offset, into page: inout PageBuilder
    ) throws(JournalError) {
        let loaded: LoadedSegment
        do {
            loaded = try index(of: segment)
        } catch {
            guard error.code == .damaged else { throw error }
            return skip(page.cursor.next, limit, &page)
        }
        let index = loaded.footer.index
        if !loaded.isSealed { noteHoles(of: loaded, until: limit) }
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
            bytes, of: group, in: header,
            isWanted: { run, offset in
                offset >= from && offset < limit && selection.contains(run)
            },
            yield: { record in if !page.isFull { page.add(record) } })
        guard !page.isFull else { return }
        if let damage {
            let first = max(damage.reached?.next ?? group.first, page.cursor.next)
            skip(first, min(group.last.next, limit), &page)
        }
        page.cursor = max(page.cursor, Cursor(next: min(group.last.next, limit)))
    }

    /// Notes that the records from `first` to before `limit` are lost.
    private func skip(_ first: Offset, _ limit: Offset, _ page: inout PageBuilder) {
        note(lostFrom: first, before: limit)
        page.cursor = max(page.cursor, Cursor(next: limit))
    }

    /// What a scan found missing of a segment whose footer is lost too.
    private func noteHoles(of loaded: LoadedSegment, until limit: Offset) {
        for hole in loaded.footer.holes {
            note(lostFrom: hole.lowerBound, before: hole.upperBound.next)
        }
        note(lostFrom: loaded.footer.index.end ?? loaded.header.base, before: limit)
    }

    /// The directory has counted what is found lost while the journal is open.
    private func note(lostFrom first: Offset, before limit: Offset) {
        guard first < limit else { return }
        let range = first...Offset(rawValue: limit.rawValue - 1)
        state.withLock {
            $0.note(Hole(range: range, countedBelow: Offset(rawValue: .max)))
        }
    }
}
