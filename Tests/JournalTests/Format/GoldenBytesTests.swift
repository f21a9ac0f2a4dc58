@testable import Journal
import TestSupport
import Testing

/// The bytes of format 1, spelled out: whoever changes them breaks every journal there is.
@Suite("The bytes of format 1 are")
struct GoldenBytesTests {
    private func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private func header() throws -> SegmentHeader {
        SegmentHeader(
            journalID: JournalID(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718),
            epoch: try #require(Epoch("k7q2m9xa")), salt: 0x2122_2324_2526_2728,
            base: Offset(rawValue: 1000), created: Timestamp(microseconds: 1_795_000_000_000_000),
            predecessor: SegmentHeader.Predecessor(
                base: Offset(rawValue: 900), length: 4096, footerCRC: 0x3132_3334))
    }

    private func records() throws -> [Record] {
        let boot = BootID(high: 0x4142_4344_4546_4748, low: 0x5152_5354_5556_5758)
        let run = try #require(RunID("run"))
        let type = try #require(EventType("note"))
        func record(_ offset: UInt64, _ seq: UInt64, _ monotonic: UInt64) -> Record {
            Record(
                offset: Offset(rawValue: offset), run: run, seq: RunSequence(rawValue: seq),
                type: type,
                ingest: IngestTime(
                    wall: Timestamp(
                        microseconds: 1_795_000_000_000_000 + Int64(monotonic) - 5_000_000),
                    monotonicMicroseconds: monotonic, boot: boot),
                shape: [], data: Array(#"{"n":1}"#.utf8))
        }
        var second = record(1002, 9, 5_000_300)
        second.eventTime = Timestamp(microseconds: 1_795_000_000_000_000)
        second.origin = EventID(epoch: Epoch("elsewher"), offset: Offset(rawValue: 300))
        second.key = 0x6162_6364_6566_6768
        second.shape = [.hasRunID, .hasCreatedAt]
        return [record(1000, 7, 5_000_000), second]
    }

    @Test("a segment header")
    func segmentHeader() throws {
        let header = try header()
        #expect(hex(header.encoded) == GoldenBytes.segmentHeader)
        #expect(SegmentHeader(header.encoded[...]) == header)
    }

    @Test("a group: its block's header, its anchor, its records")
    func group() throws {
        let header = try header()
        let encoder = GroupEncoder(
            segment: header, compressor: LZ4GroupCompressor(capacity: GroupEncoder.groupRawMax))
        let records = try records()
        let output = encoder.encode(
            records.span, units: [0..<2], at: Position(rawValue: 100),
            synced: Position(rawValue: 90))
        #expect(hex(output.bytes) == GoldenBytes.group)
        let block = try #require(output.blocks.first)
        let entry = GroupEntry(
            position: block.position, length: block.length, rawLength: block.header.rawLength,
            recordCount: 2, first: block.header.first, last: block.header.last,
            earliest: block.earliest, latest: block.latest)
        var decoded: [Record] = []
        let damage = GroupDecoder.decode(
            output.bytes, of: entry, in: header, isWanted: { _, _ in true },
            yield: { decoded.append($0) })
        #expect(damage == nil && decoded == records)
    }

    @Test("a footer and its trailer")
    func footer() throws {
        let header = try header()
        var index = SegmentIndex()
        let records = try records()
        let block = BlockHeader(
            codec: .stored, startsGroup: true, storedLength: 50, rawLength: 60, recordCount: 2,
            first: records[0].offset, last: records[1].offset, unsyncedBefore: 0, payloadCRC: 1)
        let fields = try JSONScanner.data(in: Array(#"{"thread_id":"t","from_agent":"a"}"#.utf8))
            .fields
        var told = records
        for place in told.indices {
            told[place].data = Array(#"{"thread_id":"t","from_agent":"a"}"#.utf8)
        }
        index.add(
            block, at: Position(rawValue: 92), length: 70, earliest: records[0].recordedAt,
            latest: records[1].recordedAt, records: told.span,
            fields: [fields, fields].span, segment: header.base)
        let footer = SegmentFooter(
            header: header, index: index,
            holes: [Offset(rawValue: 1001)...Offset(rawValue: 1001)])
        let identities = SealedIdentities([
            (hash: 0x7172_7374_7576_7778, group: 0), (hash: 0x8182_8384_8586_8788, group: 0),
        ])
        let end = footer.encoded(with: identities, at: Position(rawValue: 162))
        let bytes = end.bytes
        #expect(hex(bytes) == GoldenBytes.footer)
        let trailer = try #require(
            SegmentTrailer(Array(bytes.suffix(32)), fileLength: 162 + UInt64(bytes.count)))
        #expect(trailer.isPart(of: header))
        let body = Array(bytes[Int(trailer.position.rawValue) - 162..<bytes.count - 32])
        let read = try #require(SegmentFooter.read(body, crc: trailer.bodyCRC))
        #expect(read.0 == footer && read.1 == end.identities)
        let stored = Array(bytes.prefix(end.identities.length))
        #expect(Checksum.crc32c(stored) == end.identities.crc)
        #expect(SealedIdentities(stored, groups: 1) == identities)
    }

    @Test("a MANIFEST")
    func manifest() throws {
        let identity = FileIdentity(inode: 77, birthNanoseconds: 88)
        let entries: [Manifest.Entry] = [
            .created(JournalID(high: 1, low: 2), try #require(Epoch("k7q2m9xa"))),
            .started(BootID(high: 3, low: 4), .os), .segment(base: Offset(rawValue: 5), identity),
            .lost(
                Hole(
                    range: Offset(rawValue: 6)...Offset(rawValue: 7),
                    countedBelow: Offset(rawValue: 8))),
            .forked(try #require(Epoch("abcdefgh")), offset: Offset(rawValue: 6)),
            .stopped(end: Offset(rawValue: 9)),
        ]
        let bytes = Manifest.header + entries.flatMap(\.encoded)
        #expect(hex(bytes) == GoldenBytes.manifest)
        let (manifest, length) = try Manifest.read(bytes, path: "MANIFEST")
        #expect(length == bytes.count)
        var expected = Manifest()
        for entry in entries { expected.apply(entry) }
        #expect(manifest == expected)
    }

    @Test("a MANIFEST that tells of removals")
    func removals() throws {
        let (a, b) = (try #require(RunID("a")), try #require(RunID("b")))
        let range = Offset(rawValue: 3)...Offset(rawValue: 5)
        let gone = RemovedRun(
            first: Offset(rawValue: 1), last: Offset(rawValue: 9),
            lastSeq: RunSequence(rawValue: 4), reason: .deleted)
        let entries: [Manifest.Entry] = [
            .pinned(a), .pinned(b), .unpinned(a),
            .removing(
                .deletion(a, before: Offset(rawValue: 10), originals: [Offset(rawValue: 3)])),
            .removed([a: gone]), .threads(["t": ThreadHome(run: b, isCreated: true)]),
            .erased([ErasedRecords(range: range, lastSeq: RunSequence(rawValue: 2))]),
            .removalDone, .removing(.retention(floor: Offset(rawValue: 7), spared: [a])),
        ]
        let bytes = Manifest.header + entries.flatMap(\.encoded)
        #expect(hex(bytes) == GoldenBytes.removals)
        let (manifest, length) = try Manifest.read(bytes, path: "MANIFEST")
        #expect(length == bytes.count)
        var expected = Manifest()
        for entry in entries { expected.apply(entry) }
        #expect(manifest == expected)
        #expect(manifest.pins == [b] && manifest.removals.lastSeq(of: a).rawValue == 4)
    }

    @Test("a durable mark")
    func mark() throws {
        let mark = DurableMark(
            epoch: try #require(Epoch("k7q2m9xa")), end: Offset(rawValue: 2),
            segment: Offset(rawValue: 3), position: Position(rawValue: 4))
        let slot = DurableMark.format.encoded(mark.content, generation: 1)
        #expect(hex(slot) == GoldenBytes.mark)
    }
}
