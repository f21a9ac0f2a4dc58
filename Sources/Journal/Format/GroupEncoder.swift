/// Builds blocks out of records: linked LZ4 groups, one block a commit where the commit fits.
///
/// Confined to the committer's thread.
final class GroupEncoder {
    /// A group closes before it would hold more raw bytes than this: the unit of random access.
    static let groupRawMax = 128 << 10
    /// A group closes with so many records, however short they are.
    ///
    /// To read one of them, all before it are decoded. A unit that has more is a group of its own.
    static let groupRecordsMax = 96

    private let segment: SegmentHeader
    private let compressor: LZ4GroupCompressor
    private var open = OpenGroup()

    /// The group that the next record goes to, if it has room.
    private struct OpenGroup {
        /// Nil where the next record starts a new one.
        var records: RecordEncoder?
        var block = OpenBlock()
        /// How many records it has, those of the block counted.
        var recordCount = 0
    }

    private struct OpenBlock {
        var raw: [UInt8] = []
        var startsGroup = false
        var first: Offset?
        var last = Offset.zero
        var count = 0
        var earliest = Timestamp(microseconds: .max)
        var latest = Timestamp(microseconds: .min)
    }

    /// A block as it will stand in the file.
    struct EncodedBlock {
        var header: BlockHeader
        var position: Position
        var length: Int
        var earliest: Timestamp
        var latest: Timestamp
    }

    /// What a commit writes: bytes, and the blocks they are.
    struct Output {
        var bytes: [UInt8] = []
        var blocks: [EncodedBlock] = []
    }

    /// An encoder for one segment; `compressor` may have served another before.
    init(segment: SegmentHeader, compressor: LZ4GroupCompressor) {
        self.segment = segment
        self.compressor = compressor
    }

    /// Forgets the open group: the next record starts a new one.
    ///
    /// For after a failed write, when what the compressor has seen is not what stands in the file.
    func reset() {
        open = OpenGroup()
    }

    /// Encodes `units` of `records`, each of which stays within one block, to be written at
    /// `start`.
    ///
    /// All of the file before `synced` is on disk.
    func encode(
        _ records: Span<Record>, units: [Range<Int>], at start: Position, synced: Position
    ) -> Output {
        var output = Output()
        // While it is filled the group is nobody else's, so that access to it costs nothing.
        var group = OpenGroup()
        swap(&group, &open)
        for unit in units where !unit.isEmpty {
            makeRoom(for: unit, of: records, in: &group, &output, start, synced)
            for place in unit { append(records, at: place, to: &group) }
        }
        finishBlock(of: &group, &output, start, synced)
        swap(&group, &open)
        return output
    }

    private func makeRoom(
        for unit: Range<Int>, of records: Span<Record>, in group: inout OpenGroup,
        _ output: inout Output, _ start: Position, _ synced: Position
    ) {
        var size = 0
        var isCovered = group.recordCount + unit.count <= GroupEncoder.groupRecordsMax
        for place in unit {
            size += RecordEncoder.lengthMax(records, at: place)
            if group.records?.anchor.covers(records[place].ingest) != true { isCovered = false }
        }
        if isCovered, compressor.hasRoom(for: group.block.raw.count + size) { return }
        finishBlock(of: &group, &output, start, synced)
        // An anchor takes at most 36 bytes.
        compressor.begin(capacity: max(GroupEncoder.groupRawMax, size + 64))
        let anchor = GroupAnchor(time: records[unit.lowerBound].ingest)
        group.records = RecordEncoder(anchor: anchor)
        group.recordCount = 0
        group.block.startsGroup = true
        anchor.encode(into: &group.block.raw)
    }

    private func append(_ records: Span<Record>, at place: Int, to group: inout OpenGroup) {
        let offset = records[place].offset
        if group.block.first == nil { group.block.first = offset }
        let expected = group.block.count == 0 ? offset : group.block.last.next
        group.records?.encode(records, at: place, expected: expected, into: &group.block.raw)
        group.block.last = offset
        group.block.count += 1
        group.recordCount += 1
        let wall = records[place].ingest.wall
        let time = records[place].eventTime ?? wall
        group.block.earliest = min(group.block.earliest, time)
        group.block.latest = max(group.block.latest, time)
    }

    private func finishBlock(
        of group: inout OpenGroup, _ output: inout Output, _ start: Position, _ synced: Position
    ) {
        let block = group.block
        guard let first = block.first else { return }
        let position = start + output.bytes.count
        var stored: [UInt8] = []
        let isCompressed = compressor.compress(block.raw, into: &stored)
        let header = BlockHeader(
            codec: isCompressed ? .lz4 : .stored, startsGroup: block.startsGroup,
            storedLength: stored.count, rawLength: block.raw.count, recordCount: block.count,
            first: first, last: block.last,
            unsyncedBefore: position.rawValue - synced.rawValue,
            payloadCRC: Checksum.crc32c(stored))
        let encodedHeader = header.encoded(at: position, in: segment)
        output.bytes += encodedHeader
        output.bytes += stored
        output.blocks.append(
            EncodedBlock(
                header: header, position: position,
                length: encodedHeader.count + stored.count, earliest: block.earliest,
                latest: block.latest))
        group.block = OpenBlock()
    }
}
