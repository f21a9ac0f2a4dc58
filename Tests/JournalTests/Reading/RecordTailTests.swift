@testable import Journal
import TestSupport
import Testing

@Suite("The newest records")
struct RecordTailTests {
    private func record(_ offset: Int, bytes: Int) throws -> Record {
        let now = IngestTime(
            wall: Timestamp(microseconds: 0), monotonicMicroseconds: 0,
            boot: BootID(high: 0, low: 0))
        return Record(
            offset: Offset(rawValue: UInt64(offset)), run: .unassigned, seq: .none,
            type: .messageSent, ingest: now, shape: [],
            data: [UInt8](repeating: 0x20, count: bytes))
    }

    @Test("stay in order and without a gap, up to a limit", arguments: 0..<100 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var tail = RecordTail(bytesMax: 1000)
        #expect(tail.isEmpty)
        var count = 0
        for _ in 0..<100 {
            let records = try (0..<1 + random.below(20)).map { step in
                try record(count + step, bytes: random.oneIn(30) ? 900 : random.below(60))
            }
            count += records.count
            tail.append(records)
            let kept = Array(tail)
            #expect(kept.map { Int($0.offset.rawValue) } == Array(count - kept.count..<count))
            let bytes = kept.reduce(0) { $0 + $1.data.count }
            #expect(kept.count == 1 || bytes <= 1000)
            #expect(tail.count == kept.count && tail.first == kept.first)
            let place = tail.startIndex + random.below(kept.count)
            #expect(tail[place] == kept[place - tail.startIndex])
        }
    }

    @Test("are the last ones where a commit is longer than the limit")
    func long() throws {
        var tail = RecordTail(bytesMax: 100)
        tail.append([try record(0, bytes: 10)])
        tail.append([try record(1, bytes: 90), try record(2, bytes: 50), try record(3, bytes: 40)])
        #expect(tail.map(\.offset.rawValue) == [2, 3])
        tail.append([try record(4, bytes: 500)])
        #expect(tail.map(\.offset.rawValue) == [4])
    }
}
