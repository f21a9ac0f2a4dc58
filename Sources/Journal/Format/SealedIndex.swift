/// What is in a segment that is no longer written, and where, as its footer says it.
///
/// Its groups are at hand. Its runs and threads stay the bytes that they are: all are checked when
/// the footer is read, and read when somebody asks, so that to find a record costs nothing for the
/// thousands of others that are named there.
struct SealedIndex: GroupIndex, Sendable {
    let groups: [GroupEntry]
    let recordCount: UInt64
    /// The whole index: docs/FORMAT.md, "Footer".
    let bytes: ArraySlice<UInt8>
    private let segment: Offset
    /// Where runs and threads begin in `bytes`.
    private let directoryStart: Int
    /// In order of name.
    private let runs: [RunEntry]

    /// Where `bytes` tell of a run.
    private struct RunEntry {
        var name: Range<UInt32>
        /// Its groups, the first as it is and each other as its distance from the one before.
        var places: Range<UInt32>
    }

    /// The index of the segment that starts at `segment`, as it was grown.
    init(_ index: SegmentIndex, segment: Offset) {
        var reader = ByteReader(index.encoded)
        guard let read = SealedIndex(&reader, segment: segment) else {
            preconditionFailure("an index cannot be read that was just encoded")
        }
        self = read
    }

    /// Reads the index of the segment that starts at `segment`; nil when it is none.
    init?(_ reader: inout ByteReader, segment: Offset) {
        let start = reader.index
        guard let recordCount = reader.varint(), let groups = SealedIndex.groups(&reader)
        else { return nil }
        let directoryStart = reader.index
        var runs: [RunEntry] = []
        let isDirectory = Directory.skip(&reader) { name, reader in
            let places = reader.index
            guard SealedIndex.skipPlaces(&reader, of: groups.count) else { return false }
            runs.append(
                RunEntry(
                    name: UInt32(name.startIndex)..<UInt32(name.endIndex),
                    places: UInt32(places)..<UInt32(reader.index)))
            return true
        }
        guard isDirectory else { return nil }
        self.recordCount = recordCount
        self.groups = groups
        self.segment = segment
        self.directoryStart = directoryStart
        self.runs = runs
        bytes = reader.taken(from: start)
    }

    /// What is known of the segment's runs and threads, read anew each time.
    func directory() -> Directory {
        var reader = ByteReader(bytes[directoryStart...])
        let directory = Directory(&reader, segment: segment) { reader in
            SealedIndex.skipPlaces(&reader, of: groups.count)
        }
        guard let directory else {
            preconditionFailure("a directory cannot be read that was checked")
        }
        return directory
    }

    func places(of run: RunID) -> [UInt32] {
        let first = runs.lowerBound {
            bytes[$0.name].lexicographicallyPrecedes(run.name.utf8)
        }
        guard let first, bytes[runs[first].name].elementsEqual(run.name.utf8) else { return [] }
        return places(runs[first])
    }

    /// About how many bytes of memory it takes.
    var weight: Int {
        bytes.count + MemoryLayout<RunEntry>.stride * runs.count
            + MemoryLayout<GroupEntry>.stride * groups.count
    }

    /// The runs that have records in a group.
    func runs(ofGroup place: Int) -> [RunID] {
        runs.filter { places($0).contains(UInt32(place)) }.compactMap {
            String(validating: bytes[$0.name], as: UTF8.self).flatMap(RunID.init)
        }
    }

    private func places(_ run: RunEntry) -> [UInt32] {
        var reader = ByteReader(bytes[run.places])
        let count = reader.count(max: groups.count) ?? 0
        var places: [UInt32] = []
        places.reserveCapacity(count)
        var previous: UInt32 = 0
        for _ in 0..<count {
            previous += UInt32(reader.count(max: groups.count) ?? 0)
            places.append(previous)
        }
        return places
    }

    private static func skipPlaces(_ reader: inout ByteReader, of groupCount: Int) -> Bool {
        guard let count = reader.count(max: groupCount) else { return false }
        var previous = 0
        for _ in 0..<count {
            guard let step = reader.count(max: groupCount) else { return false }
            previous += step
            guard previous < groupCount else { return false }
        }
        return true
    }

    private static func groups(_ reader: inout ByteReader) -> [GroupEntry]? {
        guard let count = reader.count(max: reader.remaining) else { return nil }
        var groups: [GroupEntry] = []
        var position: UInt64 = 0
        var offset: UInt64 = 0
        for _ in 0..<count {
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
        return groups
    }
}

extension SealedIndex: Hashable {
    /// Everything else is made of the bytes and the segment.
    static func == (left: SealedIndex, right: SealedIndex) -> Bool {
        left.segment == right.segment && left.bytes == right.bytes
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(segment)
        hasher.combine(bytes)
    }
}

extension ArraySlice<UInt8> {
    /// The bytes at places that are kept in 32 bits.
    fileprivate subscript(range: Range<UInt32>) -> ArraySlice<UInt8> {
        self[Int(range.lowerBound)..<Int(range.upperBound)]
    }
}
