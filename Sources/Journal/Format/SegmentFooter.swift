/// The last bytes of a sealed segment: its index, so that it can be read without being scanned.
///
/// Whatever the footer says can be rebuilt from the blocks. Layout: docs/FORMAT.md, "Footer".
struct SegmentFooter: Hashable, Sendable {
    /// A copy of the segment's header: a damaged one costs nothing.
    var header: SegmentHeader
    var index: SegmentIndex
    var identities: SealedIdentities
    /// Ranges of offsets whose records were damaged when the segment was recovered.
    var holes: [ClosedRange<Offset>] = []

    /// The footer's bytes, trailer included, for a segment whose blocks end at `position`; and the
    /// checksum that names it.
    func encoded(at position: Position) -> (bytes: [UInt8], crc: UInt32) {
        var bytes: [UInt8] = []
        let copy = header.encoded
        bytes.append(count: copy.count)
        bytes += copy
        index.encode(into: &bytes)
        identities.encode(into: &bytes)
        bytes.append(count: holes.count)
        for hole in holes {
            bytes.append(varint: hole.lowerBound.rawValue)
            bytes.append(varint: hole.upperBound.rawValue)
        }
        let trailer = SegmentTrailer(
            position: position, length: bytes.count, bodyCRC: Checksum.crc32c(bytes))
        return (bytes + trailer.encoded(in: header), trailer.bodyCRC)
    }

    /// Reads a footer's body; nil when its checksum or its contents are wrong.
    init?(body: [UInt8], crc: UInt32) {
        guard Checksum.crc32c(body) == crc else { return nil }
        var reader = ByteReader(body)
        guard let headerLength = reader.count(max: SegmentHeader.lengthMax),
            let copy = reader.slice(headerLength), let header = SegmentHeader(copy),
            let index = SegmentIndex(&reader, segment: header.base),
            let identities = SealedIdentities(&reader, groups: index.groups.count),
            let holeCount = reader.count(max: reader.remaining)
        else { return nil }
        self.header = header
        self.index = index
        self.identities = identities
        for _ in 0..<holeCount {
            guard let low = reader.varint(), let high = reader.varint(), low <= high, high < .max
            else { return nil }
            holes.append(Offset(rawValue: low)...Offset(rawValue: high))
        }
        guard reader.remaining == 0 else { return nil }
    }

    init(
        header: SegmentHeader, index: SegmentIndex, identities: SealedIdentities,
        holes: [ClosedRange<Offset>] = []
    ) {
        self.header = header
        self.index = index
        self.identities = identities
        self.holes = holes
    }
}
