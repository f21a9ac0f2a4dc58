/// The last bytes of a sealed segment: its index, so that it can be read without being scanned.
///
/// Whatever the footer says can be rebuilt from the blocks. Layout: docs/FORMAT.md, "Footer".
struct SegmentFooter: Hashable, Sendable {
    static let magic = Array("TDSEALED".utf8)
    static let trailerLength = 32
    static let lengthMax = 1 << 30

    var index: SegmentIndex
    var identities: SealedIdentities
    /// Ranges of offsets whose records were damaged when the segment was recovered.
    var holes: [Gap] = []

    /// The footer's bytes, trailer included, for a segment whose blocks end at `position`.
    func encoded(at position: Position, in segment: SegmentHeader) -> [UInt8] {
        var bytes: [UInt8] = []
        index.encode(into: &bytes)
        identities.encode(into: &bytes)
        bytes.append(count: holes.count)
        for hole in holes {
            bytes.append(varint: hole.range.lowerBound.rawValue)
            bytes.append(varint: hole.range.upperBound.rawValue)
        }
        let length = bytes.count
        let body = Checksum.crc32c(bytes)
        var trailer: [UInt8] = []
        trailer.append(fixed: position.rawValue)
        trailer.append(fixed: UInt64(length))
        trailer.append(fixed: body)
        trailer.append(
            fixed: Checksum.crc32c(trailer, seed: UInt32(truncatingIfNeeded: segment.salt)))
        trailer += SegmentFooter.magic
        return bytes + trailer
    }

    /// Where the footer's body lies, from the file's last ``trailerLength`` bytes; nil when the
    /// file of `fileLength` bytes has no footer.
    static func body(
        trailer: [UInt8], fileLength: UInt64, in segment: SegmentHeader
    ) -> (position: Position, length: Int, crc: UInt32)? {
        var reader = ByteReader(trailer)
        guard trailer.count == trailerLength, let position = reader.fixed(UInt64.self),
            let length = reader.fixed(UInt64.self), let crc = reader.fixed(UInt32.self),
            reader.fixed(UInt32.self)
                == Checksum.crc32c(
                    trailer[..<20], seed: UInt32(truncatingIfNeeded: segment.salt)),
            Array(trailer[24...]) == magic, length <= lengthMax,
            position.addingReportingOverflow(length) == (fileLength - 32, false)
        else { return nil }
        return (Position(rawValue: position), Int(length), crc)
    }

    /// Reads a footer's body; nil when its checksum or its contents are wrong.
    init?(body: [UInt8], crc: UInt32, in segment: SegmentHeader) {
        guard Checksum.crc32c(body) == crc else { return nil }
        var reader = ByteReader(body)
        guard let index = SegmentIndex(&reader, segment: segment.base),
            let identities = SealedIdentities(&reader, groups: index.groups.count),
            let holeCount = reader.count(max: reader.remaining)
        else { return nil }
        self.index = index
        self.identities = identities
        for _ in 0..<holeCount {
            guard let low = reader.varint(), let high = reader.varint(), low <= high
            else { return nil }
            holes.append(
                Gap(
                    range: Offset(rawValue: low)...Offset(rawValue: high), missed: nil,
                    reason: .corruption))
        }
        guard reader.remaining == 0 else { return nil }
    }

    init(index: SegmentIndex, identities: SealedIdentities, holes: [Gap] = []) {
        self.index = index
        self.identities = identities
        self.holes = holes
    }
}

/// The identities of a sealed segment's records: 32 bits of each hash, sorted, and the group in
/// which the record is. About 4 bytes a record on disk.
struct SealedIdentities: Hashable, Sendable {
    private struct Entry: Hashable {
        var hash: UInt32
        var group: UInt32
    }

    private var entries: [Entry] = []

    /// The identities of records, each with its group's place in the index.
    init(_ identities: some Sequence<(hash: UInt64, group: Int)>) {
        entries = identities.map {
            Entry(hash: UInt32(truncatingIfNeeded: $0.hash), group: UInt32($0.group))
        }
        entries.sort { ($0.hash, $0.group) < ($1.hash, $1.group) }
    }

    /// The groups that may hold a record with this identity hash.
    func groups(with hash: UInt64) -> [Int] {
        let wanted = UInt32(truncatingIfNeeded: hash)
        guard var place = entries.lowerBound({ $0.hash < wanted }) else { return [] }
        var found: [Int] = []
        while place < entries.count, entries[place].hash == wanted {
            found.append(Int(entries[place].group))
            place += 1
        }
        return found
    }

    func encode(into output: inout [UInt8]) {
        output.append(count: entries.count)
        var previous: UInt32 = 0
        for entry in entries {
            output.append(varint: UInt64(entry.hash - previous))
            output.append(varint: UInt64(entry.group))
            previous = entry.hash
        }
    }

    init?(_ reader: inout ByteReader, groups: Int) {
        guard let count = reader.count(max: reader.remaining) else { return nil }
        var previous: UInt64 = 0
        for _ in 0..<count {
            guard let step = reader.varint(), step <= UInt32.max,
                let group = reader.count(max: groups), group < groups
            else { return nil }
            previous += step
            guard previous <= UInt32.max else { return nil }
            entries.append(Entry(hash: UInt32(previous), group: UInt32(group)))
        }
    }
}
