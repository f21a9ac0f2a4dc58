/// Reads a segment from the front, block by block, and says what is good and what is not.
struct SegmentScan {
    /// The segment as far as it is good.
    var loaded: LoadedSegment
    /// Where bytes begin that are no part of a good block; nil when all are.
    var tail: Tail?

    /// Bytes after the last good block of a file, and what is known of them.
    struct Tail: Sendable {
        var position: Position
        var length: UInt64
        /// The offset after the last block behind them that attests that they had been synced,
        /// though its group's start is lost; nil when none does.
        var attestedEnd: Offset?
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
        let footer = SegmentFooter(
            index: scanner.index,
            identities: SealedIdentities(scanner.identities), holes: scanner.holes)
        let loaded = LoadedSegment(
            header: header, footer: footer, blocksEnd: good, fileLength: fileLength,
            isSealed: false)
        guard good.rawValue < UInt64(bytes.count) else {
            return SegmentScan(loaded: loaded, tail: nil)
        }
        let rest = Tail(
            position: good, length: UInt64(bytes.count) - good.rawValue,
            attestedEnd: scanner.attestedEnd)
        return SegmentScan(loaded: loaded, tail: rest)
    }

    private struct Scanner {
        let bytes: [UInt8]
        let header: SegmentHeader
        var position: Position
        let before: Offset?
        var index = SegmentIndex()
        var identities: [(hash: UInt64, group: Int)] = []
        var holes: [Gap] = []
        var attestedEnd: Offset?
        private var raw = GroupBytes(capacity: 0)
        private var records = RecordDecoder()

        init(
            bytes: [UInt8], header: SegmentHeader, position: Position, before: Offset?
        ) {
            self.before = before
            self.bytes = bytes
            self.header = header
            self.position = position
        }

        /// Takes all good blocks; returns where the last of them ends.
        mutating func scan() -> Position {
            while true {
                while takeBlock(at: position) {}
                guard let next = attestingGroup(after: position) else { return position }
                let first = index.end ?? header.base
                if first < next.header.first, let last = previous(next.header.first) {
                    holes.append(Gap(range: first...last, missed: nil, reason: .corruption))
                }
                position = next.position
                attestedEnd = nil
            }
        }

        private func previous(_ offset: Offset) -> Offset? {
            offset.rawValue == 0 ? nil : Offset(rawValue: offset.rawValue - 1)
        }

        /// Takes the block at `place`; false when there is no good one.
        private mutating func takeBlock(at place: Position) -> Bool {
            let at = Int(place.rawValue)
            guard at < bytes.count,
                let (block, length) = BlockHeader.read(bytes[at...], at: place, in: header),
                block.storedLength <= bytes.count - at - length,
                block.first >= index.end ?? header.base, before.map({ block.last < $0 }) ?? true
            else { return false }
            let stored = bytes[at + length..<at + length + block.storedLength]
            guard Checksum.crc32c(stored) == block.payloadCRC,
                let taken = decode(stored, block)
            else { return false }
            let times = taken.map(\.0.recordedAt)
            guard let earliest = times.min(), let latest = times.max() else { return false }
            index.add(
                block, at: place, length: length + block.storedLength, earliest: earliest,
                latest: latest, records: taken, segment: header.base)
            let group = index.groups.count - 1
            for (record, fields) in taken {
                for hash in Identity(record, fields).hashes { identities.append((hash, group)) }
            }
            position = place + (length + block.storedLength)
            return true
        }

        private mutating func decode(
            _ stored: ArraySlice<UInt8>, _ block: BlockHeader
        ) -> [(Record, EventFields)]? {
            if block.startsGroup {
                raw = GroupBytes(capacity: GroupEncoder.groupRawMax)
            }
            let start = raw.count
            guard GroupDecoder.expand(stored, block, into: &raw) else { return nil }
            var taken: [(Record, EventFields)] = []
            var isSound = true
            let isComplete = records.decode(
                raw.bytes[start..<raw.count], block: block, isWanted: { _, _ in true }
            ) { record in
                guard let scanned = try? JSONScanner.data(in: record.data) else {
                    isSound = false
                    return
                }
                taken.append((record, scanned.fields))
            }
            return isComplete && isSound ? taken : nil
        }

        /// The first good group start after `place` that was built when `place` was known to be
        /// on disk.
        private mutating func attestingGroup(
            after place: Position
        ) -> (position: Position, header: BlockHeader)? {
            var at = Int(place.rawValue) + 1
            while at < bytes.count {
                let candidate = Position(rawValue: UInt64(at))
                if let (block, length) = BlockHeader.read(
                    bytes[at...], at: candidate, in: header),
                    block.storedLength <= bytes.count - at - length,
                    Checksum.crc32c(bytes[at + length..<at + length + block.storedLength])
                        == block.payloadCRC
                {
                    let unsynced = min(block.unsyncedBefore, candidate.rawValue)
                    if candidate.rawValue - unsynced > place.rawValue {
                        if block.startsGroup { return (candidate, block) }
                        attestedEnd = block.last.next
                    }
                    at += length + block.storedLength
                } else {
                    at += 1
                }
            }
            return nil
        }
    }
}
