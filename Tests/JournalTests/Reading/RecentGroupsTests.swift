@testable import Journal
import TestSupport
import Testing

@Suite("Groups that were asked for lately")
struct RecentGroupsTests {
    @Test("are decoded once, and a group to which something was added is another one")
    func once() throws {
        let recent = RecentGroups()
        let header = SegmentHeader(
            journalID: JournalID(high: 1, low: 2), epoch: try #require(Epoch("k7q2m9xa")), salt: 3,
            base: .zero, created: Timestamp(microseconds: 0), predecessor: nil)
        var decoded = 0
        func ask(_ number: UInt64, length: Int = 10, raw: Int = 10) throws {
            let group = GroupEntry(
                position: Position(rawValue: number), length: length, rawLength: raw,
                recordCount: 1, first: .zero, last: .zero,
                earliest: Timestamp(microseconds: 0), latest: Timestamp(microseconds: 0))
            _ = try recent.records(of: group, in: header) { () throws(JournalError) in
                decoded += 1
                return []
            }
        }
        for _ in 0..<3 { try ask(1) }
        #expect(decoded == 1)
        try ask(1, length: 11)
        #expect(decoded == 2)
        for number in 2..<9 as Range<UInt64> { try ask(number) }
        #expect(decoded == 9)
        try ask(1, length: 11)
        #expect(decoded == 9)
        // The first one has given way, and comes back.
        try ask(1)
        #expect(decoded == 10)
        // A large one takes the place of the others, and one that is too large is never kept.
        for _ in 0..<2 { try ask(98, raw: 16 << 20) }
        #expect(decoded == 11)
        for _ in 0..<2 { try ask(99, raw: 17 << 20) }
        #expect(decoded == 13)
        try ask(98, raw: 16 << 20)
        try ask(1)
        #expect(decoded == 14)
    }
}
