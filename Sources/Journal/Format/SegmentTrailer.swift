/// The last 32 bytes of a sealed segment: where its footer is, and that it is whole.
///
/// Layout: docs/FORMAT.md, "Trailer".
struct SegmentTrailer: Hashable, Sendable {
    static let magic = Array("TDSEALED".utf8)
    static let length = 32
    static let footerLengthMax = 1 << 30

    /// Where the footer begins, which is where the identities before it end.
    var position: Position
    /// How long the footer is, without the trailer.
    var length: Int
    /// CRC-32C of the footer's bytes.
    var bodyCRC: UInt32
    /// The checksum over the fields above, seeded with the segment's salt.
    private var check: UInt32?

    init(position: Position, length: Int, bodyCRC: UInt32) {
        self.position = position
        self.length = length
        self.bodyCRC = bodyCRC
    }

    /// The trailer's bytes.
    func encoded(in segment: SegmentHeader) -> [UInt8] {
        var bytes = fields
        bytes.append(fixed: SegmentTrailer.check(bytes, in: segment))
        return bytes + SegmentTrailer.magic
    }

    /// Reads the last bytes of a file that is `fileLength` long; nil when they are no trailer.
    ///
    /// Whether it is this segment's own, ``isPart(of:)`` tells.
    init?(_ bytes: [UInt8], fileLength: UInt64) {
        var reader = ByteReader(bytes)
        guard bytes.count == SegmentTrailer.length, let position = reader.fixed(UInt64.self),
            let length = reader.fixed(UInt64.self), let crc = reader.fixed(UInt32.self),
            let check = reader.fixed(UInt32.self), Array(bytes[24...]) == SegmentTrailer.magic,
            length <= UInt64(SegmentTrailer.footerLengthMax),
            position.addingReportingOverflow(length)
                == (fileLength - UInt64(SegmentTrailer.length), false)
        else { return nil }
        self.position = Position(rawValue: position)
        self.length = Int(length)
        bodyCRC = crc
        self.check = check
    }

    /// Whether the trailer was written for the segment with this header.
    func isPart(of segment: SegmentHeader) -> Bool {
        check == SegmentTrailer.check(fields, in: segment)
    }

    private var fields: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(fixed: position.rawValue)
        bytes.append(fixed: UInt64(length))
        bytes.append(fixed: bodyCRC)
        return bytes
    }

    private static func check(_ fields: [UInt8], in segment: SegmentHeader) -> UInt32 {
        Checksum.crc32c(fields, seed: UInt32(truncatingIfNeeded: segment.salt))
    }
}
