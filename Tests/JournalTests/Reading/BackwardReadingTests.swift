@testable import Journal
import TestSupport
import Testing

@Suite("Reading back")
struct BackwardReadingTests {
    private let options = Journal.Options(segmentBytesMax: 4 << 10)

    /// A journal of several segments with 400 records, each tenth of which has no event time.
    private func fill(_ world: TestWorld) throws -> Journal {
        let journal = try world.open("journal", options)
        for number in 0..<400 {
            var draft = Draft(try .token(number, run: number % 3 == 0 ? "unassigned" : "r"))
            if number % 10 != 0 { draft.eventTime = Timestamp(microseconds: 0) }
            _ = try journal.appendNow([draft])
        }
        return journal
    }

    private func last(
        _ count: Int, _ journal: some JournalReading, before next: UInt64? = nil,
        bytesMax: Int = .max, scanBytesMax: Int = .max,
        where isWanted: (Record) -> Bool = { _ in true }
    ) throws -> [Int] {
        let cursor = Cursor(next: next.map { Offset(rawValue: $0) } ?? journal.end)
        return try journal.last(
            count, before: cursor, bytesMax: bytesMax, scanBytesMax: scanBytesMax, where: isWanted
        ).map { Int($0.offset.rawValue) }
    }

    @Test("the last records of any run come in order, from memory and from files alike")
    func order() throws {
        let world = TestWorld()
        var journal = try fill(world)
        for isReopened in [false, true] {
            if isReopened {
                try journal.close()
                journal = try world.open("journal", options)
            }
            #expect(try last(5, journal) == [395, 396, 397, 398, 399])
            #expect(try last(3, journal, before: 100) == [97, 98, 99])
            #expect(try last(1000, journal) == Array(0..<400))
            #expect(try last(7, journal, before: 4) == [0, 1, 2, 3])
            #expect(try last(3, journal, before: 0) == [])
            #expect(try last(0, journal) == [])
            #expect(try last(2, journal, before: 9999) == [398, 399])
            #expect(try last(3, journal) { $0.eventTime == nil } == [370, 380, 390])
            #expect(try last(3, journal) { $0.run == .unassigned } == [393, 396, 399])
        }
        #expect(try last(1000, try world.view()) == Array(0..<400))
        try journal.close()
    }

    @Test("an empty journal has none")
    func empty() throws {
        let world = TestWorld()
        let journal = try world.open()
        #expect(try last(10, journal) == [])
        try journal.close()
    }

    @Test("records beyond the bytes that are asked for are left out, but for the newest")
    func bytes() throws {
        let world = TestWorld()
        let journal = try fill(world)
        let sizes = try journal.readAll(.everything).records.map(\.data.count)
        #expect(try last(10, journal, bytesMax: 1) == [399])
        let three = sizes.suffix(3).reduce(0, +)
        #expect(try last(10, journal, bytesMax: three) == [397, 398, 399])
        #expect(try last(10, journal, bytesMax: three - 1) == [398, 399])
        try journal.close()
    }

    @Test("what is far back is not looked for")
    func scan() throws {
        let world = TestWorld()
        let journal = try fill(world)
        func isFirst(_ record: Record) -> Bool { record.offset == .zero }
        #expect(try last(1, journal, where: isFirst) == [0])
        #expect(try last(1, journal, scanBytesMax: 20_000, where: isFirst) == [])
        // What was found until then counts.
        #expect(try last(100, journal, scanBytesMax: 1) == [399])
        try journal.close()
    }

    @Test("the last of a long journal cost a few reads, and those of all cost many")
    func cost() throws {
        let world = TestWorld()
        try fill(world).close()
        let journal = try world.open("journal", options)
        _ = try last(1, journal)
        let before = world.files.reads
        #expect(try last(5, journal).count == 5)
        let few = world.files.reads - before
        #expect(try last(400, journal).count == 400)
        let many = world.files.reads - before - few
        #expect(few <= 3)
        #expect(many > 10 * few)
        try journal.close()
    }

    @Test("a damaged segment is passed over")
    func damage() throws {
        let world = TestWorld()
        try fill(world).close()
        let names = try world.files.names(in: "journal/segments").sorted()
        let base = try #require(UInt64(names[1].prefix(20)))
        let end = try #require(UInt64(names[2].prefix(20)))
        world.files.change("journal/segments/\(names[1])") { bytes in
            for index in bytes.indices { bytes[index] = 0xFF }
        }
        let journal = try world.open("journal", options)
        let found = try last(1000, journal)
        #expect(found == Array(0..<Int(base)) + Array(Int(end)..<400))
        try journal.close()
    }
}
