/// Reads a segment from the front, block by block, and says what is good and what is not.
struct SegmentScan {
    /// The segment as far as it is good.
    var loaded: LoadedSegment
    /// The identities of its records.
    var identities: SealedIdentities
    /// How far a good block attests that the file was on disk when the block was built.
    var synced: Position
    /// Where bytes begin that are no part of a good block; nil when all are.
    var tail: Tail?

    /// Bytes after the last good block of a file, and what is known of them.
    struct Tail: Sendable {
        var position: Position
        var length: UInt64
        /// The offset after the last block behind them that attests that they had been synced,
        /// though its group's start is lost; nil when none does.
        var attestedEnd: Offset?
        /// Whether the bytes are the first of a block and not all of it, as a write leaves that
        /// was cut short: nobody was told of it.
        var isCutShort: Bool
    }

    /// Scans `file` up to `limit` bytes, or to its end; blocks of records at or above `before`
    /// do not count.
    ///
    /// A bad stretch with good groups behind it becomes a hole where one of them attests that it
    /// was synced; otherwise the scan ends before it.
    static func run(
        _ file: any File, _ header: SegmentHeader, path: String, limit: Position? = nil,
        before: Offset? = nil
    ) throws(JournalError) -> SegmentScan {
        let fileLength = try file.length()
        let length = min(limit?.rawValue ?? fileLength, fileLength)
        let start = Position.zero + header.encoded.count
        let bytes = try file.read(Int(length), at: .zero)
        var scanner = Scanner(
            bytes: bytes, header: header, position: start, before: before)
        let good = scanner.scan()
        let footer = SegmentFooter(header: header, index: scanner.index, holes: scanner.holes)
        let identities = SealedIdentities(scanner.identities)
        let loaded = LoadedSegment(
            header: header, footer: footer,
            source: .scan(identities), blocksEnd: good, fileLength: fileLength)
        guard good.rawValue < UInt64(bytes.count) else {
            return SegmentScan(
                loaded: loaded, identities: identities, synced: scanner.synced, tail: nil)
        }
        let rest = Tail(
            position: good, length: UInt64(bytes.count) - good.rawValue,
            attestedEnd: scanner.attestedEnd,
            isCutShort: BlockHeader.isCutShort(bytes[Int(good.rawValue)...], at: good, in: header))
        return SegmentScan(
            loaded: loaded, identities: identities, synced: scanner.synced, tail: rest)
    }

    private struct Scanner {
        let bytes: [UInt8]
        let header: SegmentHeader
        var position: Position
        let before: Offset?
        var index = SegmentIndex()
        var identities: [(hash: UInt64, group: Int)] = []
        var holes: [ClosedRange<Offset>] = []
        var attestedEnd: Offset?
        var synced: Position
        private var raw = GroupBytes(capacity: 0)
        private var records = RecordDecoder()

        init(
            bytes: [UInt8], header: SegmentHeader, position: Position, before: Offset?
        ) {
            self.before = before
            self.bytes = bytes
            self.header = header
            self.position = position
            synced = position
        }

        /// Takes all good blocks; returns where the last of them ends.
        mutating func scan() -> Position {
            while true {
                while takeBlock(at: position) {}
                guard let next = nextGroup(after: position) else { return position }
                let first = index.end ?? header.base
                if first < next.header.first {
                    if holes.last?.lowerBound == first { holes.removeLast() }
                    holes.append(first...Offset(rawValue: next.header.first.rawValue - 1))
                }
                position = next.position
            }
        }

        /// Takes the block at `place`; false when there is no good one.
        private mutating func takeBlock(at place: Position) -> Bool {
            guard let (block, length) = wholeBlock(at: place) else { return false }
            let payload = Int(place.rawValue) + length
            guard let taken = decode(bytes[payload..<payload + block.storedLength], block)
            else { return false }
            var (earliest, latest) = (Timestamp(microseconds: .max), Timestamp(microseconds: .min))
            for place in taken.records.indices {
                let wall = taken.records[place].ingest.wall
                let time = taken.records[place].eventTime ?? wall
                (earliest, latest) = (min(earliest, time), max(latest, time))
            }
            guard earliest <= latest else { return false }
            index.add(
                block, at: place, length: length + block.storedLength, earliest: earliest,
                latest: latest, records: taken.records.span, fields: taken.fields.span,
                segment: header.base)
            let group = index.groups.count - 1
            for (record, fields) in zip(taken.records, taken.fields) {
                Identity(record, fields).forEachHash { identities.append(($0, group)) }
            }
            let unsynced = min(block.unsyncedBefore, place.rawValue)
            synced = max(synced, Position(rawValue: place.rawValue - unsynced))
            position = place + (length + block.storedLength)
            return true
        }

        private mutating func decode(
            _ stored: ArraySlice<UInt8>, _ block: BlockHeader
        ) -> (records: [Record], fields: [EventFields])? {
            if block.startsGroup {
                raw = GroupBytes(capacity: max(block.rawLength, GroupEncoder.groupRawMax))
            }
            let start = raw.count
            guard GroupDecoder.expand(stored, block, into: &raw) else { return nil }
            var taken: (records: [Record], fields: [EventFields]) = ([], [])
            var isSound = true
            let isComplete = records.decode(
                raw.bytes[start..<raw.count], block: block, isWanted: { _, _ in true }
            ) { record in
                guard let scanned = try? JSONScanner.data(in: record.data) else {
                    isSound = false
                    return
                }
                taken.records.append(record)
                taken.fields.append(scanned.fields)
            }
            return isComplete && isSound ? taken : nil
        }

        /// The first good start of a group after `place`, if some good block behind `place` was
        /// built when `place` was known to be on disk: then what stands there is damaged.
        ///
        /// Else everything behind `place` was still on its way, and nobody was told of it.
        private mutating func nextGroup(
            after place: Position
        ) -> (position: Position, header: BlockHeader)? {
            var first: (position: Position, header: BlockHeader)?
            attestedEnd = nil
            var at = Int(place.rawValue) + 1
            while at < bytes.count {
                let candidate = Position(rawValue: UInt64(at))
                guard let (block, length) = wholeBlock(at: candidate) else {
                    at += 1
                    continue
                }
                if block.startsGroup, first == nil { first = (candidate, block) }
                let unsynced = min(block.unsyncedBefore, candidate.rawValue)
                if candidate.rawValue - unsynced > place.rawValue {
                    attestedEnd = block.last.next
                }
                if attestedEnd != nil, let first { return first }
                at += length + block.storedLength
            }
            return nil
        }

        /// The header of the block at `place` and its length, where the block's bytes are good.
        private func wholeBlock(at place: Position) -> (header: BlockHeader, length: Int)? {
            let at = Int(place.rawValue)
            guard at < bytes.count,
                let (block, length) = BlockHeader.read(bytes[at...], at: place, in: header),
                block.storedLength <= bytes.count - at - length,
                block.first >= index.end ?? header.base, before.map({ block.last < $0 }) ?? true,
                Checksum.crc32c(bytes[at + length..<at + length + block.storedLength])
                    == block.payloadCRC
            else { return nil }
            return (block, length)
        }
    }
}
