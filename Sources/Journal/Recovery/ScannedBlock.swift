import Dispatch
import Glibc

/// Where a block is, whose checksums are right.
struct PlacedBlock: Sendable {
    var header: BlockHeader
    var position: Position
    /// With its header.
    var length: Int

    /// Where the next block would be.
    var end: Position { position + length }

    /// Its bytes behind the header, of a file that is `bytes`.
    func stored(in bytes: [UInt8]) -> ArraySlice<UInt8> {
        let end = Int(position.rawValue) + length
        return bytes[end - header.storedLength..<end]
    }
}

/// What a scan needs to know of a block.
struct ScannedBlock: Sendable {
    var placed: PlacedBlock
    var records: [Record] = []
    /// Of the records' data.
    var fields: [EventFields] = []
    /// The identity hashes of the records.
    var hashes: [UInt64] = []
    /// The lowest and highest event time.
    var earliest = Timestamp(microseconds: .max)
    var latest = Timestamp(microseconds: .min)

    /// The blocks of one group that could be decoded.
    struct Group: Sendable {
        var blocks: [ScannedBlock] = []
        /// Whether these are all that it has.
        var isWhole = true
    }

    /// Fewer groups than this are decoded sooner than another thread is there to help.
    private static let groupsAPart = 8

    /// Decodes groups of the file that is `bytes`, side by side on all processors: a start waits
    /// for it.
    static func decode(_ groups: [[PlacedBlock]], of bytes: [UInt8]) -> [Group] {
        let parts = min(sysconf(CInt(_SC_NPROCESSORS_ONLN)), groups.count / groupsAPart)
        guard parts > 1 else { return decode(groups[...], of: bytes) }
        let decoded = Locked<[[Group]]>(Array(repeating: [], count: parts))
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let range = part * groups.count / parts..<(part + 1) * groups.count / parts
            let mine = decode(groups[range], of: bytes)
            decoded.withLock { $0[part] = mine }
        }
        return decoded.withLock { $0 }.flatMap { $0 }
    }

    private static func decode(_ groups: ArraySlice<[PlacedBlock]>, of bytes: [UInt8]) -> [Group] {
        var decoder = GroupDecoder()
        return groups.map { blocks in
            var group = Group()
            for placed in blocks {
                guard let block = ScannedBlock(placed, of: bytes, with: &decoder) else {
                    group.isWhole = false
                    break
                }
                group.blocks.append(block)
            }
            return group
        }
    }

    /// Decodes a block, the next of its group; nil when it is not what an encoder wrote.
    private init?(_ placed: PlacedBlock, of bytes: [UInt8], with decoder: inout GroupDecoder) {
        self.placed = placed
        var block = self
        var isSound = true
        let isComplete = decoder.decode(
            placed.stored(in: bytes), placed.header, capacity: GroupEncoder.groupRawMax,
            isWanted: { _, _ in true }
        ) { record in
            guard let scanned = try? JSONScanner.data(in: record.data) else {
                isSound = false
                return
            }
            block.add(record, scanned.fields)
        }
        guard isComplete, isSound, block.earliest <= block.latest else { return nil }
        self = block
    }

    private mutating func add(_ record: Record, _ fields: EventFields) {
        let time = record.eventTime ?? record.ingest.wall
        (earliest, latest) = (min(earliest, time), max(latest, time))
        Identity(record, fields).forEachHash { hashes.append($0) }
        records.append(record)
        self.fields.append(fields)
    }
}
