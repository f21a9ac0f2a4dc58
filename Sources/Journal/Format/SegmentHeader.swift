/// The first bytes of a segment: whose it is, and where in the journal it stands.
///
/// Layout, little-endian: docs/FORMAT.md, "Segment header".
struct SegmentHeader: Hashable, Sendable {
    static let magic = Array("TAPEDECK".utf8)
    static let version: UInt16 = 1
    /// Enough to hold magic, version and length.
    static let prefixLength = 16
    static let rangesMax = 65_536
    static let lengthMax = 128 + rangesMax * 17

    /// Offsets that this segment once had or might be thought to have, and why it does not.
    struct DeclaredRange: Hashable, Sendable {
        enum Kind: UInt8 {
            case deleted = 1
            case moved = 2
            case retention = 3
            case corruption = 4

            /// Why the records are gone; nil where they are elsewhere, or were lost.
            var reason: Gap.Reason? {
                switch self {
                case .deleted: .deleted
                case .retention: .retention
                case .moved, .corruption: nil
                }
            }
        }

        var kind: Kind
        var range: ClosedRange<Offset>
    }

    /// What the header says of the segment before: enough to notice that one is missing or cut.
    struct Predecessor: Hashable, Sendable {
        var base: Offset
        var length: UInt64
        /// The checksum of its footer.
        var footerCRC: UInt32
    }

    var journalID: JournalID
    var epoch: Epoch
    /// Drawn for each segment: seeds its block checksums, so that bytes inside a payload can
    /// never pass for a block.
    var salt: UInt64
    /// No record in the segment has a lower offset.
    var base: Offset
    var created: Timestamp
    var predecessor: Predecessor?
    var ranges: [DeclaredRange] = []

    var encoded: [UInt8] {
        var bytes = SegmentHeader.magic
        bytes.append(fixed: SegmentHeader.version)
        bytes.append(fixed: UInt16(0))
        bytes.append(fixed: UInt32(0))
        bytes.append(fixed: journalID.high)
        bytes.append(fixed: journalID.low)
        bytes.append(contentsOf: epoch.bytes)
        bytes.append(fixed: salt)
        bytes.append(fixed: base.rawValue)
        bytes.append(fixed: UInt64(bitPattern: created.microseconds))
        bytes.append(fixed: predecessor?.base.rawValue ?? .max)
        bytes.append(fixed: predecessor?.length ?? 0)
        bytes.append(fixed: predecessor?.footerCRC ?? 0)
        bytes.append(fixed: UInt32(ranges.count))
        for declared in ranges {
            bytes.append(declared.kind.rawValue)
            bytes.append(fixed: declared.range.lowerBound.rawValue)
            bytes.append(fixed: declared.range.upperBound.rawValue)
        }
        var length: [UInt8] = []
        length.append(fixed: UInt32(bytes.count + 4))
        bytes.replaceSubrange(12..<16, with: length)
        bytes.append(fixed: Checksum.crc32c(bytes))
        return bytes
    }

    /// The length of the header that starts with `prefix`, and a check that this version reads it.
    ///
    /// - Throws: code `newerFormat`, or `damaged` when these are no segment's first bytes.
    static func length(prefix: [UInt8], path: String) throws(JournalError) -> Int {
        var reader = ByteReader(prefix)
        guard let magic = reader.slice(8), Array(magic) == SegmentHeader.magic,
            let version = reader.fixed(UInt16.self), reader.skip(2),
            let length = reader.fixed(UInt32.self)
        else {
            throw JournalError(
                .damaged, "this is neither a tape nor a segment of a journal", path: path)
        }
        guard version <= SegmentHeader.version else {
            throw JournalError(
                .newerFormat,
                "the segment has format \(version), this program reads up to "
                    + "\(SegmentHeader.version): use a newer tapedeck", path: path)
        }
        guard (prefixLength...lengthMax).contains(Int(length)) else {
            throw JournalError(.damaged, "the segment's header is damaged", path: path)
        }
        return Int(length)
    }

    /// Reads a whole header.
    ///
    /// - Throws: code `damaged` when its checksum or its fields are wrong.
    init(_ bytes: [UInt8], path: String) throws(JournalError) {
        guard let header = SegmentHeader(bytes[...]) else {
            throw JournalError(.damaged, "the segment's header is damaged", path: path)
        }
        self = header
    }

    /// Reads a whole header of this version; nil when its checksum or its fields are wrong.
    init?(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(bytes)
        guard bytes.count >= SegmentHeader.prefixLength + 4,
            reader.skip(SegmentHeader.prefixLength),
            let high = reader.fixed(UInt64.self), let low = reader.fixed(UInt64.self),
            let epochBytes = reader.slice(Epoch.length), let epoch = Epoch(bytes: epochBytes),
            let salt = reader.fixed(UInt64.self), let base = reader.fixed(UInt64.self),
            let created = reader.fixed(UInt64.self),
            let previousBase = reader.fixed(UInt64.self),
            let previousLength = reader.fixed(UInt64.self),
            let previousCRC = reader.fixed(UInt32.self),
            let count = reader.fixed(UInt32.self), count <= SegmentHeader.rangesMax, base < .max
        else { return nil }
        journalID = JournalID(high: high, low: low)
        self.epoch = epoch
        self.salt = salt
        self.base = Offset(rawValue: base)
        self.created = Timestamp(microseconds: Int64(bitPattern: created))
        if previousBase != .max {
            predecessor = Predecessor(
                base: Offset(rawValue: previousBase), length: previousLength,
                footerCRC: previousCRC)
        }
        for _ in 0..<count {
            guard let code = reader.byte(), let kind = DeclaredRange.Kind(rawValue: code),
                let low = reader.fixed(UInt64.self), let high = reader.fixed(UInt64.self),
                low <= high, high < .max
            else { return nil }
            ranges.append(
                DeclaredRange(
                    kind: kind, range: Offset(rawValue: low)...Offset(rawValue: high)))
        }
        let body = bytes[bytes.startIndex..<reader.index]
        guard reader.fixed(UInt32.self) == Checksum.crc32c(body), reader.remaining == 0 else {
            return nil
        }
    }

    init(
        journalID: JournalID, epoch: Epoch, salt: UInt64, base: Offset, created: Timestamp,
        predecessor: Predecessor?
    ) {
        self.journalID = journalID
        self.epoch = epoch
        self.salt = salt
        self.base = base
        self.created = created
        self.predecessor = predecessor
    }
}

/// What tells one journal from every other: 128 random bits, drawn when it is created.
struct JournalID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64
}
