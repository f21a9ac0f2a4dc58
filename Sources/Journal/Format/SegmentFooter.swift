/// What a sealed segment ends with: its identities, and behind them its index, so that it can be
/// read without being scanned.
///
/// Whatever it says can be rebuilt from the blocks. Layout: docs/FORMAT.md, "Footer".
struct SegmentFooter: Hashable, Sendable {
    /// A copy of the segment's header: a damaged one costs nothing.
    var header: SegmentHeader
    var index: SealedIndex
    /// Ranges of offsets whose records were damaged when the segment was recovered.
    var holes: [ClosedRange<Offset>]

    /// Where the identities are that stand before a footer, which most readers never ask for.
    struct IdentitySection: Hashable, Sendable {
        /// How many bytes they take.
        var length: Int
        var crc: UInt32
    }

    /// The footer of a segment whose index was grown.
    init(header: SegmentHeader, index: SegmentIndex, holes: [ClosedRange<Offset>] = []) {
        self.init(
            header: header, index: SealedIndex(index, segment: header.base), holes: holes)
    }

    /// A footer of these parts.
    init(header: SegmentHeader, index: SealedIndex, holes: [ClosedRange<Offset>] = []) {
        self.header = header
        self.index = index
        self.holes = holes
    }

    /// What stands behind the blocks of a sealed segment: identities, footer and trailer.
    struct Encoded {
        var bytes: [UInt8]
        /// Of the footer: what names it.
        var crc: UInt32
        var identities: IdentitySection
    }

    /// The bytes behind blocks that end at `position`.
    func encoded(with identities: SealedIdentities, at position: Position) -> Encoded {
        var bytes: [UInt8] = []
        identities.encode(into: &bytes)
        let section = IdentitySection(length: bytes.count, crc: Checksum.crc32c(bytes))
        let footer = body(section)
        let trailer = SegmentTrailer(
            position: position + bytes.count, length: footer.count,
            bodyCRC: Checksum.crc32c(footer))
        bytes += footer
        bytes += trailer.encoded(in: header)
        return Encoded(bytes: bytes, crc: trailer.bodyCRC, identities: section)
    }

    /// The footer's own bytes, behind identities that are in `section`.
    func body(_ section: IdentitySection) -> [UInt8] {
        var bytes: [UInt8] = []
        let copy = header.encoded
        bytes.append(count: copy.count)
        bytes += copy
        bytes += index.bytes
        bytes.append(count: holes.count)
        for hole in holes {
            bytes.append(varint: hole.lowerBound.rawValue)
            bytes.append(varint: hole.upperBound.rawValue)
        }
        bytes.append(count: section.length)
        bytes.append(fixed: section.crc)
        return bytes
    }

    /// Reads a footer's body, and where its identities are; nil when its checksum or its contents
    /// are wrong.
    static func read(_ body: [UInt8], crc: UInt32) -> (SegmentFooter, IdentitySection)? {
        guard Checksum.crc32c(body) == crc else { return nil }
        var reader = ByteReader(body)
        guard let headerLength = reader.count(max: SegmentHeader.lengthMax),
            let copy = reader.slice(headerLength), let header = SegmentHeader(copy),
            let index = SealedIndex(&reader, segment: header.base),
            let holeCount = reader.count(max: reader.remaining)
        else { return nil }
        var footer = SegmentFooter(header: header, index: index)
        for _ in 0..<holeCount {
            guard let low = reader.varint(), let high = reader.varint(), low <= high, high < .max
            else { return nil }
            footer.holes.append(Offset(rawValue: low)...Offset(rawValue: high))
        }
        guard let length = reader.count(max: SegmentTrailer.footerLengthMax),
            let sum = reader.fixed(UInt32.self), reader.remaining == 0
        else { return nil }
        return (footer, IdentitySection(length: length, crc: sum))
    }
}
