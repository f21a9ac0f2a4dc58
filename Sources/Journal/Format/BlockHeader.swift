/// What stands before the stored bytes of a block: the records of one commit, or of a part of one.
///
/// Its checksum is seeded with the segment's salt and the block's position, so it doubles as the
/// block's magic: no bytes elsewhere, and none inside a payload, pass for a block here.
///
/// Layout: docs/FORMAT.md, "Block". 14 to 20 bytes for a block of one event.
struct BlockHeader: Hashable, Sendable {
    enum Codec: UInt8, Sendable {
        case stored = 0
        case lz4 = 1
    }

    /// The most bytes that a header takes.
    static let lengthMax = 4 + 4 + 1 + 6 * 10
    /// The most raw bytes of a block: an atomic batch of 8 MiB or an event of 16 MiB, with room
    /// for their metadata.
    static let rawLengthMax = 64 << 20
    static let recordsMax = 1 << 20

    private static let codecMask: UInt8 = 0b0011
    private static let groupStartBit: UInt8 = 0b0100
    private static let sparseBit: UInt8 = 0b1000

    var codec: Codec
    /// Whether the block can be decoded without the one before it.
    var startsGroup: Bool
    var storedLength: Int
    var rawLength: Int
    var recordCount: Int
    var first: Offset
    var last: Offset
    /// How many bytes before this block the file was *not* known to be synced when the block was
    /// built; 0 when everything before it was on disk.
    var unsyncedBefore: UInt64
    /// CRC-32C of the stored bytes.
    var payloadCRC: UInt32

    /// The header's bytes for a block at `position` of a segment.
    func encoded(at position: Position, in segment: SegmentHeader) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(32)
        body.append(fixed: payloadCRC)
        let span = last.rawValue - first.rawValue + 1
        let isSparse = span != UInt64(recordCount)
        body.append(
            codec.rawValue | (startsGroup ? BlockHeader.groupStartBit : 0)
                | (isSparse ? BlockHeader.sparseBit : 0))
        body.append(count: storedLength)
        body.append(count: rawLength)
        body.append(count: recordCount)
        body.append(varint: first.rawValue - segment.base.rawValue)
        if isSparse { body.append(varint: span) }
        body.append(varint: unsyncedBefore)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count + 4)
        bytes.append(fixed: BlockHeader.check(body[...], at: position, in: segment))
        return bytes + body
    }

    /// Reads the header at the start of `bytes`, which stand at `position` of a segment.
    ///
    /// - Returns: the header and its own length, or nil where no block starts.
    static func read(
        _ bytes: ArraySlice<UInt8>, at position: Position, in segment: SegmentHeader
    ) -> (header: BlockHeader, length: Int)? {
        var reader = ByteReader(bytes)
        guard let expected = reader.fixed(UInt32.self),
            let payloadCRC = reader.fixed(UInt32.self),
            let flags = reader.byte(), flags & ~(codecMask | groupStartBit | sparseBit) == 0,
            let codec = Codec(rawValue: flags & codecMask),
            let storedLength = reader.count(max: rawLengthMax),
            let rawLength = reader.count(max: rawLengthMax),
            let recordCount = reader.count(max: recordsMax), recordCount > 0,
            let delta = reader.varint()
        else { return nil }
        var span = UInt64(recordCount)
        if flags & sparseBit != 0 {
            guard let sparse = reader.varint(), sparse > UInt64(recordCount) else { return nil }
            span = sparse
        }
        guard let unsyncedBefore = reader.varint(),
            check(bytes[bytes.startIndex + 4..<reader.index], at: position, in: segment)
                == expected
        else { return nil }
        let (first, overflow) = segment.base.rawValue.addingReportingOverflow(delta)
        let (last, lastOverflow) = first.addingReportingOverflow(span - 1)
        guard !overflow, !lastOverflow, last < .max else { return nil }
        let header = BlockHeader(
            codec: codec, startsGroup: flags & groupStartBit != 0, storedLength: storedLength,
            rawLength: rawLength, recordCount: recordCount, first: Offset(rawValue: first),
            last: Offset(rawValue: last), unsyncedBefore: unsyncedBefore, payloadCRC: payloadCRC)
        return (header, reader.index - bytes.startIndex)
    }

    /// Whether `bytes`, with which a file ends, are the first ones of a block and not all of it:
    /// what a write leaves that was cut short.
    ///
    /// No block that anybody was told of looks like this.
    static func isCutShort(
        _ bytes: ArraySlice<UInt8>, at position: Position, in segment: SegmentHeader
    ) -> Bool {
        if let (header, length) = read(bytes, at: position, in: segment) {
            return header.storedLength > bytes.count - length
        }
        var reader = ByteReader(bytes)
        guard reader.skip(8), let flags = reader.byte() else { return true }
        for _ in 0..<(flags & sparseBit == 0 ? 5 : 6) where reader.varint() == nil {
            return reader.remaining == 0
        }
        return false
    }

    private static func check(
        _ body: ArraySlice<UInt8>, at position: Position, in segment: SegmentHeader
    ) -> UInt32 {
        let seed = segment.salt ^ position.rawValue &* 0x9E37_79B9_7F4A_7C15
        return Checksum.crc32c(body, seed: UInt32(truncatingIfNeeded: seed ^ seed >> 32))
    }
}
