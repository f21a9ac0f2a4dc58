extension LogReader {
    /// The record at `offset`, whatever its run; nil when it is gone.
    func record(at offset: Offset) throws(JournalError) -> Record? {
        var found: Record?
        switch state.withLock({ $0.place(of: offset) }) {
        case .record(let record):
            found = record
        case .active(let part):
            for group in part.groups {
                let records = try records(of: group, in: part.header) {
                    () throws(JournalError) in
                    try part.file.read(group.length, at: group.position)
                }
                found = LogReader.record(at: offset, among: records)
            }
        case .file(let segment):
            guard let loaded = try readableIndex(of: segment),
                let place = loaded.footer.index.group(reaching: offset)
            else { return nil }
            let group = loaded.footer.index.groups[place]
            let records = try records(of: group, in: loaded.header) { () throws(JournalError) in
                try segment.bytes(of: group)
            }
            found = LogReader.record(at: offset, among: records)
        case nil:
            break
        }
        return found
    }

    private static func record(at offset: Offset, among records: [Record]) -> Record? {
        guard let place = records.lowerBound({ $0.offset < offset }) else { return nil }
        return records[place].offset == offset ? records[place] : nil
    }

    /// The offset of a record of `segment` with this identity hash for which `matches` holds.
    func find(_ hash: UInt64, in segment: SegmentFile, where matches: (Record) -> Bool)
        throws(JournalError) -> Offset?
    {
        let index: IdentityIndex
        do throws(JournalError) {
            index = try identities(of: segment)
        } catch {
            guard error.code == .damaged else { throw error }
            return nil
        }
        for group in index.groups(with: hash) {
            let records = try records(of: group, in: index.header) { () throws(JournalError) in
                try segment.bytes(of: group)
            }
            if let found = records.first(where: matches) { return found.offset }
        }
        return nil
    }

    /// The records of a group that can be read, from memory if it was asked for lately: what is
    /// looked for record by record often stands together, as when a whole file is sent again.
    private func records(
        of group: GroupEntry, in header: SegmentHeader, read: () throws(JournalError) -> [UInt8]
    ) throws(JournalError) -> [Record] {
        try recentGroups.records(of: group, in: header) { () throws(JournalError) in
            var records: [Record] = []
            _ = GroupDecoder.decode(
                try read(), of: group, in: header, isWanted: { _, _ in true },
                yield: { records.append($0) })
            return records
        }
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
                guard let loaded = try readableIndex(of: segment) else { continue }
                let index = loaded.footer.index
                for place in index.places(of: run).reversed() {
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

    /// The index of a segment; nil when too much of it is damaged.
    func readableIndex(of segment: SegmentFile) throws(JournalError) -> LoadedSegment? {
        do throws(JournalError) {
            return try index(of: segment)
        } catch {
            guard error.code == .damaged else { throw error }
            return nil
        }
    }

    private func lastRecord(
        of run: RunID, before offset: Offset, _ group: GroupEntry, _ bytes: [UInt8],
        _ header: SegmentHeader
    ) -> Record? {
        var found: Record?
        _ = GroupDecoder.decode(
            bytes, of: group, in: header, isWanted: { $0 == run && $1 < offset },
            yield: { found = $0 })
        return found
    }
}
