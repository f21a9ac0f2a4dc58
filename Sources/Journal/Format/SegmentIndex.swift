/// What is in a segment and where, grown as blocks are added: its groups, the groups of each run,
/// and what is known of its runs and threads.
struct SegmentIndex: GroupIndex, Sendable {
    private(set) var groups: [GroupEntry] = []
    /// The groups that hold records of a run, ascending, by their place in `groups`.
    private var groupsByRun: [RunID: [UInt32]] = [:]
    private(set) var directory = Directory()
    private(set) var recordCount: UInt64 = 0

    /// Adds a block of the file and its records with the fields of their data.
    mutating func add(
        _ header: BlockHeader, at position: Position, length: Int, earliest: Timestamp,
        latest: Timestamp, records: Span<Record>, fields: Span<EventFields>, segment: Offset
    ) {
        if header.startsGroup || groups.isEmpty {
            groups.append(
                GroupEntry(
                    position: position, length: length, rawLength: header.rawLength,
                    recordCount: header.recordCount, first: header.first, last: header.last,
                    earliest: earliest, latest: latest))
        } else {
            let place = groups.count - 1
            groups[place].length += length
            groups[place].rawLength += header.rawLength
            groups[place].recordCount += header.recordCount
            groups[place].last = header.last
            groups[place].earliest = min(groups[place].earliest, earliest)
            groups[place].latest = max(groups[place].latest, latest)
        }
        recordCount += UInt64(header.recordCount)
        let group = UInt32(groups.count - 1)
        for place in records.indices {
            if directory.fold(records, fields, at: place, segment: segment, group: group) {
                groupsByRun[records[place].run, default: []].append(group)
            }
        }
    }

    /// Adds the blocks that an encoder made of `records`, with the fields of their data.
    mutating func add(
        _ blocks: [GroupEncoder.EncodedBlock], records: Span<Record>, fields: Span<EventFields>,
        segment: Offset
    ) {
        var place = 0
        for block in blocks {
            let range = place..<place + block.header.recordCount
            add(
                block.header, at: block.position, length: block.length,
                earliest: block.earliest, latest: block.latest,
                records: records.extracting(range), fields: fields.extracting(range),
                segment: segment)
            place = range.upperBound
        }
    }

    func places(of run: RunID) -> [UInt32] { groupsByRun[run] ?? [] }
}

extension SegmentIndex {
    /// The index's bytes: docs/FORMAT.md, "Footer".
    var encoded: [UInt8] {
        var output: [UInt8] = []
        output.append(varint: recordCount)
        output.append(count: groups.count)
        var position: UInt64 = 0
        var offset: UInt64 = 0
        for group in groups {
            output.append(varint: group.position.rawValue - position)
            output.append(count: group.length)
            output.append(count: group.rawLength)
            output.append(count: group.recordCount)
            output.append(varint: group.first.rawValue - offset)
            output.append(varint: group.last.rawValue - group.first.rawValue)
            output.append(signed: group.earliest.microseconds)
            output.append(signed: group.latest.microseconds)
            position = group.position.rawValue
            offset = group.first.rawValue
        }
        directory.encode(into: &output) { run, output in
            let places = groupsByRun[run] ?? []
            output.append(count: places.count)
            var previous: UInt32 = 0
            for place in places {
                output.append(varint: UInt64(place - previous))
                previous = place
            }
        }
        return output
    }
}
