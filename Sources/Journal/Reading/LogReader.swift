/// Reads records of a journal by cursor: from memory near the end, else from the groups of the
/// segments that hold records of the selected runs, and no others.
///
/// The one way in which anything is read: backlog and live, pages and replays.
package struct LogReader: Sendable {
    let state: Locked<LogState>
    private let indexes = SegmentCache<LoadedSegment>(bytesMax: indexBytesMax) { $0.weight }
    private let identities = SegmentCache<IdentityIndex>(bytesMax: identityBytesMax) { $0.weight }
    let recentGroups = RecentGroups()
    /// What another process made of the journal meanwhile; nil in its writer, which knows.
    private let reload: (@Sendable () throws(JournalError) -> LogState)?

    /// How much memory the indexes of segments take; that of a full one has some 200 KiB.
    static let indexBytesMax = 16 << 20
    /// The same of identities; those of a full segment have 2 MiB.
    ///
    /// A run that is in more segments than fit makes each of its events read some of them again.
    static let identityBytesMax = 32 << 20
    /// How often a file may be found replaced before that is an error.
    private static let attemptsMax = 8

    init(
        state: Locked<LogState>, reload: (@Sendable () throws(JournalError) -> LogState)? = nil
    ) {
        self.state = state
        self.reload = reload
        state.withLock { $0.noteLastAssigned() }
    }

    /// The index of a segment, from memory if it was read lately.
    func index(of segment: SegmentFile) throws(JournalError) -> LoadedSegment {
        try indexes.value(of: segment) { () throws(JournalError) in try segment.load() }
    }

    /// The identities of a segment's records, from memory if they were asked for lately.
    func identities(of segment: SegmentFile) throws(JournalError) -> IdentityIndex {
        try identities.value(of: segment) { () throws(JournalError) in
            try segment.identities(of: try index(of: segment))
        }
    }

    /// Keeps what is known of a segment that was just sealed, and forgets what nobody asked for
    /// since the last one was: so what is kept are the segments of runs that go on.
    func keep(_ loaded: LoadedSegment, _ identities: IdentityIndex, of segment: SegmentFile) {
        indexes.forgetUnused()
        self.identities.forgetUnused()
        indexes.keep(loaded, of: segment)
        self.identities.keep(identities, of: segment)
    }

    /// One page of what follows `cursor`; see ``RecordSource``.
    func read(_ selection: Selection, from cursor: Cursor, bytesMax: Int) throws(JournalError)
        -> ReadPage
    {
        try consistently { () throws(JournalError) in
            var page = PageBuilder(selection: selection, cursor: cursor, bytesMax: bytesMax)
            while !page.isFull, try advance(&page) {}
            return try finish(page)
        }
    }

    /// What `body` reads, read again where records were removed meanwhile: all of it is from
    /// before, or all from after.
    func consistently<Result>(_ body: () throws(JournalError) -> Result) throws(JournalError)
        -> Result
    {
        var attempts = 0
        while true {
            let generation = state.withLock { $0.generation }
            attempts += 1
            do throws(JournalError) {
                let result = try body()
                if state.withLock({ $0.generation }) == generation { return result }
            } catch {
                guard error.code == .moved else { throw error }
                if let reload {
                    let now = try reload()
                    state.withLock { $0.reload(now) }
                } else if state.withLock({ $0.generation }) == generation,
                    attempts > LogReader.attemptsMax
                {
                    throw JournalError(.io, error.message, path: error.path)
                }
                guard attempts < 1000 else { throw error }
            }
        }
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
        do throws(JournalError) {
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
            let damage = decode(group, bytes, loaded.header, limit: limit, into: &page)
            if let damage {
                try segment.check(is: loaded)
                skip(damage, in: group, limit: limit, &page)
            }
            if page.isFull { return }
            page.cursor = max(page.cursor, Cursor(next: min(group.last.next, limit)))
        }
        page.cursor = max(page.cursor, Cursor(next: limit))
    }

    private func readActive(_ part: LogState.ActivePart, into page: inout PageBuilder)
        throws(JournalError)
    {
        for group in part.groups {
            let bytes = try part.file.read(group.length, at: group.position)
            let damage = decode(group, bytes, part.header, limit: part.end, into: &page)
            if let damage { skip(damage, in: group, limit: part.end, &page) }
            if page.isFull { return }
            page.cursor = max(page.cursor, Cursor(next: min(group.last.next, part.end)))
        }
        if part.isComplete { page.cursor = max(page.cursor, Cursor(next: part.end)) }
    }

    private func decode(
        _ group: GroupEntry, _ bytes: [UInt8], _ header: SegmentHeader, limit: Offset,
        into page: inout PageBuilder
    ) -> GroupDamage? {
        let from = page.cursor.next
        let selection = page.selection
        return page.withDecoder { decoder, page in
            decoder.decode(
                bytes, of: group, in: header,
                isWanted: { run, offset in
                    offset >= from && offset < limit && selection.contains(run)
                },
                yield: { record in if !page.isFull { page.add(record) } })
        }
    }

    private func skip(
        _ damage: GroupDamage, in group: GroupEntry, limit: Offset, _ page: inout PageBuilder
    ) {
        guard !page.isFull else { return }
        let first = max(damage.reached?.next ?? group.first, page.cursor.next)
        skip(first, min(group.last.next, limit), &page)
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
        state.withLock { $0.note(.damaged(range)) }
    }
}
