/// The records of the few groups that were asked for last.
final class RecentGroups: Sendable {
    private static let groupsMax = 8
    /// The raw bytes of all of them together; a group that alone has more is decoded each time.
    ///
    /// A request that is recorded atomically is one group, of 8 MiB at most.
    private static let rawMax = 16 << 20

    private struct Entry {
        var salt: UInt64
        var group: GroupEntry
        var records: [Record]
    }

    /// The one asked for last stands last.
    private let entries = Locked<[Entry]>([])

    /// The records of `group` in the segment with this header, or what `decode` makes of it.
    ///
    /// A segment of which something was removed has another salt, a group to which something was
    /// added another length.
    ///
    /// - Throws: what `decode` throws.
    func records(
        of group: GroupEntry, in header: SegmentHeader, decode: () throws(JournalError) -> [Record]
    ) throws(JournalError) -> [Record] {
        let known = entries.withLock { entries -> [Record]? in
            guard
                let place = entries.lastIndex(where: {
                    $0.salt == header.salt && $0.group == group
                })
            else { return nil }
            let entry = entries.remove(at: place)
            entries.append(entry)
            return entry.records
        }
        if let known { return known }
        let records = try decode()
        guard group.rawLength <= RecentGroups.rawMax else { return records }
        entries.withLock { entries in
            var raw = entries.reduce(group.rawLength) { $0 + $1.group.rawLength }
            while entries.count == RecentGroups.groupsMax || raw > RecentGroups.rawMax,
                let oldest = entries.first
            {
                raw -= oldest.group.rawLength
                entries.removeFirst()
            }
            entries.append(Entry(salt: header.salt, group: group, records: records))
        }
        return records
    }
}
