/// Builds blocks out of records: linked LZ4 groups, one block a commit where the commit fits.
///
/// Confined to the committer's thread.
final class GroupEncoder {
    /// A group closes before it would hold more raw bytes than this: the unit of random access.
    static let groupRawMax = 128 << 10

    private let segment: SegmentHeader
    private let compressor: LZ4GroupCompressor
    private var records: RecordEncoder?
    private var block = OpenBlock()

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
        records = nil
        block = OpenBlock()
    }

    /// Encodes `units`, each of them a list of records that stays within one block, to be written
    /// at `start`.
    ///
    /// All of the file before `synced` is on disk.
    func encode(_ units: [ArraySlice<Record>], at start: Position, synced: Position) -> Output {
        var output = Output()
        for unit in units where !unit.isEmpty {
            let size = unit.reduce(0) { $0 + RecordEncoder.lengthMax($1) }
            makeRoom(for: size, unit: unit, &output, start, synced)
            for record in unit { append(record) }
        }
        finishBlock(&output, start, synced)
        return output
    }

    private func makeRoom(
        for size: Int, unit: ArraySlice<Record>, _ output: inout Output, _ start: Position,
        _ synced: Position
    ) {
        let isCovered =
            unit.allSatisfy { records?.anchor.covers($0.ingest) == true }
            && block.count + unit.count <= BlockHeader.recordsMax
        if isCovered, compressor.hasRoom(for: block.raw.count + size) { return }
        finishBlock(&output, start, synced)
        guard let first = unit.first else { return }
        // An anchor takes at most 36 bytes.
        compressor.begin(capacity: max(GroupEncoder.groupRawMax, size + 64))
        records = RecordEncoder(anchor: GroupAnchor(time: first.ingest))
        block.startsGroup = true
        records?.anchor.encode(into: &block.raw)
    }

    private func append(_ record: Record) {
        if block.first == nil { block.first = record.offset }
        let expected = block.count == 0 ? record.offset : block.last.next
        records?.encode(record, expected: expected, into: &block.raw)
        block.last = record.offset
        block.count += 1
        block.earliest = min(block.earliest, record.recordedAt)
        block.latest = max(block.latest, record.recordedAt)
    }

    private func finishBlock(_ output: inout Output, _ start: Position, _ synced: Position) {
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
        block = OpenBlock()
    }
}
