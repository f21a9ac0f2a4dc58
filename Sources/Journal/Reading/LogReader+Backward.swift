extension LogReader {
    /// The last records before `cursor` for which `isWanted` holds, at most `count` of them, in
    /// order of offset.
    ///
    /// Reads back from `cursor`, group by group, and so costs what it goes through, however long
    /// the journal is. It stops at `count` records; at those that have `bytesMax` bytes of data
    /// together, though it takes the newest whatever its size; and when it has gone through
    /// `scanBytesMax` bytes of records. What is damaged is passed over.
    ///
    /// - Throws: code `io`.
    func last(
        _ count: Int, before cursor: Cursor, bytesMax: Int, scanBytesMax: Int,
        where isWanted: (Record) -> Bool
    ) throws(JournalError) -> [Record] {
        var page = BackwardPage(
            before: cursor.next, countMax: count, bytesMax: bytesMax, scanBytesMax: scanBytesMax)
        while !page.isFull {
            switch state.withLock({ $0.backwardPlan(before: page.start) }) {
            case .start:
                return page.records
            case .memory(let records):
                page.take(records, where: isWanted)
                page.start = records.first?.offset ?? page.start
            case .active(let part, let start):
                for group in part.groups.reversed() where !page.isFull {
                    let bytes = try part.file.read(group.length, at: group.position)
                    page.take(group, bytes, part.header, where: isWanted)
                }
                page.start = min(page.start, start)
            case .file(let segment):
                try readBack(segment, into: &page, where: isWanted)
                page.start = segment.base
            }
        }
        return page.records
    }

    private func readBack(
        _ segment: SegmentFile, into page: inout BackwardPage, where isWanted: (Record) -> Bool
    ) throws(JournalError) {
        guard let loaded = try readableIndex(of: segment) else { return }
        for group in loaded.footer.index.groups.reversed() where group.first < page.start {
            guard !page.isFull else { return }
            page.take(group, try segment.bytes(of: group), loaded.header, where: isWanted)
        }
    }
}

extension LogState {
    /// Where to read back.
    enum BackwardPlan {
        /// Nothing precedes.
        case start
        /// These records precede, in memory; never none.
        case memory([Record])
        /// Groups of the segment that is being written, and the offset from which on they are all
        /// that it has.
        case active(ActivePart, start: Offset)
        /// A segment that is no longer written.
        case file(SegmentFile)
    }

    /// Records that are copied out of memory for one step back, at most.
    private static let stepRecordsMax = 256

    /// Where a reader finds the records before `offset`, the newest first.
    func backwardPlan(before offset: Offset) -> BackwardPlan {
        let offset = min(offset, end)
        let place = tailPlace(of: offset)
        if place > tail.startIndex {
            let start = max(place - LogState.stepRecordsMax, tail.startIndex)
            return .memory(Array(tail[start..<place]))
        }
        if let active, offset > active.header.base {
            let groups = active.index.groups
            let reached = groups.lowerBound { $0.first < offset } ?? groups.count
            let first = max(reached - ActivePart.groupsMax, 0)
            return .active(
                ActivePart(
                    header: active.header, file: active.file,
                    groups: Array(groups[first..<reached]), isComplete: first == 0, end: end),
                start: first == 0 ? active.header.base : groups[first].first)
        }
        let next = segments.lowerBound { $0.base < offset } ?? segments.count
        return next > 0 ? .file(segments[next - 1]) : .start
    }
}

/// What a reader that goes back has found.
private struct BackwardPage {
    /// Everything that was read begins here.
    var start: Offset
    private let countMax: Int
    private let bytesMax: Int
    private var scanBytesLeft: Int
    /// The newest first.
    private var found: [Record] = []
    private var bytes = 0
    private(set) var isFull: Bool

    init(before start: Offset, countMax: Int, bytesMax: Int, scanBytesMax: Int) {
        self.start = start
        self.countMax = countMax
        self.bytesMax = bytesMax
        scanBytesLeft = scanBytesMax
        isFull = countMax <= 0
    }

    /// What was found, in order of offset.
    var records: [Record] { found.reversed() }

    /// Takes of a group what precedes `start`.
    mutating func take(
        _ group: GroupEntry, _ bytes: [UInt8], _ header: SegmentHeader,
        where isWanted: (Record) -> Bool
    ) {
        var records: [Record] = []
        let start = start
        _ = GroupDecoder.decode(
            bytes, of: group, in: header, isWanted: { $1 < start }, yield: { records.append($0) })
        take(records, where: isWanted)
    }

    /// Takes `records`, which precede all that was taken, from the last to the first.
    mutating func take(_ records: [Record], where isWanted: (Record) -> Bool) {
        for record in records.reversed() where !isFull {
            if isWanted(record) { add(record) }
            scanBytesLeft -= record.data.count + 64
            if scanBytesLeft <= 0 { isFull = true }
        }
    }

    private mutating func add(_ record: Record) {
        guard found.isEmpty || bytes + record.data.count <= bytesMax else {
            isFull = true
            return
        }
        found.append(record)
        bytes += record.data.count
        if found.count >= countMax { isFull = true }
    }
}
