import DequeModule

extension LogState {
    /// Where to read on.
    enum ReadPlan {
        /// Nothing published follows.
        case end
        /// These records follow, in memory; with them the reader stands at `end`.
        case memory([Record], end: Cursor)
        /// A segment that is no longer written; records at or above the limit do not count.
        case file(SegmentFile, limit: Offset)
        /// Groups of the segment that is being written.
        case active(ActivePart)
    }

    /// What a reader needs of the active segment to read some groups without the lock.
    struct ActivePart {
        /// Groups copied for one read at most.
        static let groupsMax = 8

        var header: SegmentHeader
        var file: any File
        var groups: [GroupEntry]
        /// Whether `groups` are all that the selection has there.
        var isComplete: Bool
        var end: Offset
    }

    /// Where a reader of `selection` at `cursor`, who takes about `bytesMax` more bytes, reads next.
    func plan(_ selection: Selection, from cursor: Cursor, bytesMax: Int = .max) -> ReadPlan {
        guard cursor.next < end else { return .end }
        if cursor.next >= tailStart {
            return plan(selection, inTailFrom: cursor, bytesMax: bytesMax)
        }
        if let active, cursor.next >= active.header.base || segments.isEmpty {
            return plan(selection, from: cursor, in: active)
        }
        let place = segments.lowerBound { $0.base <= cursor.next } ?? segments.count
        var current = max(place - 1, 0)
        if let bases = bases(of: selection) {
            while current < segments.count, !bases.contains(segments[current].base) {
                current += 1
            }
        }
        guard current < segments.count else {
            if let active { return plan(selection, from: cursor, in: active) }
            return .memory([], end: Cursor(next: end))
        }
        let next = current + 1 < segments.count ? segments[current + 1].base : active?.header.base
        return .file(segments[current], limit: next ?? end)
    }

    private func plan(_ selection: Selection, inTailFrom cursor: Cursor, bytesMax: Int)
        -> ReadPlan
    {
        var records: [Record] = []
        var bytes = 0
        for record in tail[tailPlace(of: cursor.next)...] where selection.contains(record.run) {
            records.append(record)
            bytes += record.data.count
            if bytes >= bytesMax || records.count >= ReadPage.recordsMax {
                return .memory(records, end: Cursor(after: record.offset))
            }
        }
        return .memory(records, end: Cursor(next: end))
    }

    private func plan(_ selection: Selection, from cursor: Cursor, in active: ActiveSegment)
        -> ReadPlan
    {
        let places = active.index.groups(of: selection, from: cursor.next)
        return .active(
            ActivePart(
                header: active.header, file: active.file,
                groups: places.prefix(ActivePart.groupsMax).map { active.index.groups[$0] },
                isComplete: places.count <= ActivePart.groupsMax, end: end))
    }

    /// The segments that hold records of the selected runs; nil for all of them.
    private func bases(of selection: Selection) -> Set<Offset>? {
        guard let runs = selection.named else { return nil }
        return Set(runs.flatMap { directory.runs[$0]?.segments ?? [] })
    }

    /// Where the record at `offset` is, if it is anywhere.
    func place(of offset: Offset) -> Place? {
        guard offset < end else { return nil }
        if offset >= tailStart {
            let place = tailPlace(of: offset)
            guard place < tail.endIndex, tail[place].offset == offset else { return nil }
            return .record(tail[place])
        }
        if let active, offset >= active.header.base {
            guard let group = active.index.group(reaching: offset) else { return nil }
            return .active(
                ActivePart(
                    header: active.header, file: active.file,
                    groups: [active.index.groups[group]], isComplete: true, end: end))
        }
        let next = segments.lowerBound { $0.base <= offset } ?? segments.count
        return next > 0 ? .file(segments[next - 1]) : nil
    }

    /// A place in which the last record of a run below an offset may be.
    enum Place {
        case record(Record)
        case active(ActivePart)
        case file(SegmentFile)
    }

    /// Where the last record of `run` below `offset` may be, likeliest first.
    func places(of run: RunID, before offset: Offset) -> [Place] {
        var places: [Place] = []
        if let record = tail[..<tailPlace(of: offset)].last(where: { $0.run == run }) {
            return [.record(record)]
        }
        if let active {
            let groups = active.index.places(of: run)
                .map { active.index.groups[Int($0)] }.filter { $0.first < offset }
            places.append(
                .active(
                    ActivePart(
                        header: active.header, file: active.file,
                        groups: groups.suffix(ActivePart.groupsMax), isComplete: true, end: end)))
        }
        for base in (directory.runs[run]?.segments ?? []).reversed() where base < offset {
            if let place = segments.lowerBound({ $0.base < base }), segments[place].base == base {
                places.append(.file(segments[place]))
            }
        }
        return places
    }
}
