@testable import Journal
import TestSupport
import Testing

@Suite("The index of a sealed segment")
struct SealedIndexTests {
    /// An index of some groups of some runs with threads, orphans and copies of orphans.
    private func index() throws -> SegmentIndex {
        var index = SegmentIndex()
        var random = SplitMix64(seed: 11)
        let runs = try ["a", "b", "ruñ", "unassigned"].map { try #require(RunID($0)) }
        let type = EventType.messageSent
        var seqs: [RunID: RunSequence] = [:]
        for group in 0..<40 {
            var records: [Record] = []
            for place in 0..<3 {
                let run = runs[random.below(group < 20 ? 4 : 2)]
                let seq = (seqs[run] ?? .none).next
                seqs[run] = seq
                let offset = Offset(rawValue: UInt64(group * 3 + place))
                var record = Record(
                    offset: offset, run: run, seq: seq, type: type,
                    ingest: IngestTime(
                        wall: Timestamp(microseconds: Int64(group)), monotonicMicroseconds: 1,
                        boot: BootID(high: 1, low: 2)),
                    shape: [],
                    data: Array(
                        """
                        {"thread_id":"t\(random.below(9))","from_agent":"ä","to_agent":"b",\
                        "message_type":"delegation","content":"do it"}
                        """.utf8))
                if random.below(9) == 0 {
                    record.origin = EventID(epoch: nil, offset: Offset(rawValue: UInt64(group)))
                }
                records.append(record)
            }
            let fields = try records.map { try JSONScanner.data(in: $0.data).fields }
            let block = BlockHeader(
                codec: .stored, startsGroup: true, storedLength: 50, rawLength: 60,
                recordCount: 3, first: records[0].offset, last: records[2].offset,
                unsyncedBefore: 0, payloadCRC: 1)
            index.add(
                block, at: Position(rawValue: UInt64(92 + 70 * group)), length: 70,
                earliest: records[0].recordedAt, latest: records[2].recordedAt,
                records: records.span, fields: fields.span, segment: .zero)
        }
        return index
    }

    @Test("says what the one says from which it was made")
    func same() throws {
        let grown = try index()
        let sealed = SealedIndex(grown, segment: .zero)
        #expect(sealed.groups == grown.groups && sealed.recordCount == grown.recordCount)
        #expect(sealed.directory() == grown.directory)
        #expect(sealed.end == grown.end)
        for name in ["", "a", "a\u{308}", "b", "ruñ", "unassigned", "z"] {
            guard let run = RunID(name) else { continue }
            #expect(sealed.places(of: run) == grown.places(of: run))
            for place in sealed.groups.indices {
                let isIn = grown.places(of: run).contains(UInt32(place))
                #expect(sealed.runs(ofGroup: place).contains(run) == isIn)
            }
        }
    }

    @Test("is checked before it is used: whatever its bytes are, what is passed over can be read")
    func mutations() throws {
        let whole = Array(SealedIndex(try index(), segment: .zero).bytes)
        var random = SplitMix64(seed: .random(in: 0 ... .max))
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes[place] ^= 1 << UInt8(random.below(8))
                case 2: bytes.remove(at: place)
                default: bytes.insert(bytes[random.below(bytes.count)], at: place)
                }
            }
            var reader = ByteReader(bytes)
            guard let sealed = SealedIndex(&reader, segment: .zero) else { continue }
            accepted += 1
            let directory = sealed.directory()
            for run in directory.runs.keys {
                for place in sealed.places(of: run) { #expect(Int(place) < sealed.groups.count) }
            }
        }
        #expect(accepted > 100)
    }

    @Test("refuses what cannot be read, and nothing else")
    func refusals() throws {
        var whole: [UInt8] = []
        try index().directory.encode(into: &whole, groups: { _, output in output.append(7) })
        var random = SplitMix64(seed: .random(in: 0 ... .max))
        for _ in 0..<20_000 {
            var bytes = whole
            bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            var (passing, reading) = (ByteReader(bytes), ByteReader(bytes))
            let isPassed = Directory.skip(&passing, groups: { $1.byte() != nil })
            let read = Directory(&reading, segment: .zero, groups: { $0.byte() != nil })
            #expect(isPassed == (read != nil))
            if isPassed { #expect(passing.index == reading.index) }
        }
    }
}
