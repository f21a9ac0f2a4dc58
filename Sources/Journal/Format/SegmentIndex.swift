/// What is in a segment and where: its groups, the groups of each run, and what is known of its
/// runs and threads.
///
/// Grown as blocks are committed, or read from a footer.
struct SegmentIndex: Hashable, Sendable {
    private(set) var groups: [GroupEntry] = []
    /// The groups that hold records of a run, ascending, by their place in `groups`.
    private(set) var groupsByRun: [RunID: [UInt32]] = [:]
    private(set) var directory = Directory()
    private(set) var recordCount: UInt64 = 0

    /// The offset after the segment's last record; nil when it holds none.
    var end: Offset? { groups.last?.last.next }

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

    /// The group in which `offset` is or would be: the first whose last offset is not below it.
    func group(reaching offset: Offset) -> Int? {
        groups.lowerBound { $0.last < offset }
    }

    /// The groups of `selection` from the first that reaches `offset`, ascending.
    func groups(of selection: Selection, from offset: Offset) -> [Int] {
        guard let first = group(reaching: offset) else { return [] }
        guard let runs = selection.named else { return Array(first..<groups.count) }
        if runs.count == 1 {
            let places = groupsByRun[runs[0]] ?? []
            let start = places.lowerBound { $0 < first } ?? places.count
            return places[start...].map(Int.init)
        }
        var places: Set<UInt32> = []
        for run in runs { places.formUnion(groupsByRun[run] ?? []) }
        return places.filter { $0 >= first }.sorted().map(Int.init)
    }
}

extension SegmentIndex {
    /// Appends the index's bytes: docs/FORMAT.md, "Footer".
    func encode(into output: inout [UInt8]) {
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
    }

    /// Reads what ``encode(into:)`` wrote for the segment that starts at `segment`; nil when it is
    /// anything else.
    init?(_ reader: inout ByteReader, segment: Offset) {
        guard let recordCount = reader.varint(),
            let groupCount = reader.count(max: reader.remaining)
        else { return nil }
        self.recordCount = recordCount
        var position: UInt64 = 0
        var offset: UInt64 = 0
        for _ in 0..<groupCount {
            guard let step = reader.varint(), let length = reader.count(max: 1 << 30),
                let rawLength = reader.count(max: 1 << 30),
                let count = reader.count(max: BlockHeader.recordsMax),
                let skip = reader.varint(), let span = reader.varint(),
                let earliest = reader.signed(), let latest = reader.signed()
            else { return nil }
            let (place, placeOverflow) = position.addingReportingOverflow(step)
            let (first, firstOverflow) = offset.addingReportingOverflow(skip)
            let (last, lastOverflow) = first.addingReportingOverflow(span)
            guard !placeOverflow, !firstOverflow, !lastOverflow, last < .max,
                groups.isEmpty || first > groups[groups.count - 1].last.rawValue
            else { return nil }
            (position, offset) = (place, first)
            groups.append(
                GroupEntry(
                    position: Position(rawValue: place), length: length, rawLength: rawLength,
                    recordCount: count, first: Offset(rawValue: first),
                    last: Offset(rawValue: last),
                    earliest: Timestamp(microseconds: earliest),
                    latest: Timestamp(microseconds: latest)))
        }
        var places: [RunID: [UInt32]] = [:]
        let directory = Directory(&reader, segment: segment) { run, reader in
            guard let count = reader.count(max: groupCount) else { return false }
            var list: [UInt32] = []
            var previous = 0
            for _ in 0..<count {
                guard let step = reader.count(max: groupCount) else { return false }
                previous += step
                guard previous < groupCount else { return false }
                list.append(UInt32(previous))
            }
            places[run] = list
            return true
        }
        guard let directory else { return nil }
        self.directory = directory
        groupsByRun = places
    }
}

extension Array {
    /// The place of the first element that is not `isBefore`, in an array in which those that are
    /// come first; nil when all are.
    func lowerBound(_ isBefore: (Element) -> Bool) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low < count ? low : nil
    }
}
