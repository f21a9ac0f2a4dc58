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
        /// How many raw bytes are decoded before their records are folded in.
        static let rawLengthAtATime = 4 << 20

        let bytes: [UInt8]
        let header: SegmentHeader
        var position: Position
        let before: Offset?
        var index = SegmentIndex()
        var identities: [(hash: UInt64, group: Int)] = []
        var holes: [ClosedRange<Offset>] = []
        var attestedEnd: Offset?
        var synced: Position

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
                while takeGroups() {}
                guard let next = nextGroup(after: position) else { return position }
                let first = index.end ?? header.base
                if first < next.header.first {
                    if holes.last?.lowerBound == first { holes.removeLast() }
                    holes.append(first...Offset(rawValue: next.header.first.rawValue - 1))
                }
                position = next.position
            }
        }

        /// Takes the next good groups; false once what follows is none.
        private mutating func takeGroups() -> Bool {
            let (groups, isAll) = nextGroups()
            for group in ScannedBlock.decode(groups, of: bytes) {
                for block in group.blocks { take(block) }
                guard group.isWhole else { return false }
            }
            return !isAll
        }

        /// The next groups of good blocks, as many as are decoded at a time; all of them if a bad
        /// block or the end follows.
        private func nextGroups() -> (groups: [[PlacedBlock]], isAll: Bool) {
            var groups: [[PlacedBlock]] = []
            var at = position
            var end = index.end ?? header.base
            var rawLength = 0
            while let block = wholeBlock(at: at, from: end) {
                if block.header.startsGroup {
                    if rawLength >= Scanner.rawLengthAtATime { return (groups, false) }
                    groups.append([])
                }
                guard !groups.isEmpty else { break }
                groups[groups.count - 1].append(block)
                rawLength += block.header.rawLength
                end = block.header.last.next
                at = block.end
            }
            return (groups, true)
        }

        private mutating func take(_ block: ScannedBlock) {
            let place = block.placed.position
            index.add(
                block.placed.header, at: place, length: block.placed.length,
                earliest: block.earliest, latest: block.latest, records: block.records.span,
                fields: block.fields.span, segment: header.base)
            let group = index.groups.count - 1
            for hash in block.hashes { identities.append((hash, group)) }
            let unsynced = min(block.placed.header.unsyncedBefore, place.rawValue)
            synced = max(synced, Position(rawValue: place.rawValue - unsynced))
            position = block.placed.end
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
                guard
                    let block = wholeBlock(at: candidate, from: index.end ?? header.base)
                else {
                    at += 1
                    continue
                }
                if block.header.startsGroup, first == nil { first = (candidate, block.header) }
                let unsynced = min(block.header.unsyncedBefore, candidate.rawValue)
                if candidate.rawValue - unsynced > place.rawValue {
                    attestedEnd = block.header.last.next
                }
                if attestedEnd != nil, let first { return first }
                at += block.length
            }
            return nil
        }

        /// The block at `place`, where its bytes are good and its records not below `first`.
        private func wholeBlock(at place: Position, from first: Offset) -> PlacedBlock? {
            let at = Int(place.rawValue)
            guard at < bytes.count,
                let (block, length) = BlockHeader.read(bytes[at...], at: place, in: header),
                block.storedLength <= bytes.count - at - length,
                block.first >= first, before.map({ block.last < $0 }) ?? true,
                Checksum.crc32c(bytes[at + length..<at + length + block.storedLength])
                    == block.payloadCRC
            else { return nil }
            return PlacedBlock(
                header: block, position: place, length: length + block.storedLength)
        }
    }
}
