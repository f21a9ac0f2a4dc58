import Journal
import TestSupport
import Testing

@Suite("A journal")
struct JournalTests {
    @Test("appended events are read back, beside the writer, after a stop, and after a start")
    func appendAndRead() throws {
        let world = TestWorld()
        let journal = try world.open()
        let events = try (0..<10).map { try Event.token($0, run: "r\($0 % 2)") }
        let receipt = try journal.appendNow(events.map { Draft($0) })
        #expect(receipt.appended == 10)
        #expect(receipt.ids.map(\.offset.rawValue) == Array(0..<10))
        func check(_ journal: some JournalReading) throws {
            let items = try journal.readAll(.all)
            #expect(items.gaps.isEmpty)
            #expect(items.records.map(\.data) == events.map(\.data))
            let run = try #require(RunID("r1"))
            let ofRun = try journal.readAll(.run(run)).records
            #expect(ofRun.map(\.seq.rawValue) == [1, 2, 3, 4, 5])
            #expect(ofRun.map(\.offset.rawValue) == [1, 3, 5, 7, 9])
            #expect(journal.end.rawValue == 10)
        }
        try check(journal)
        try check(try world.view())
        let live = try journal.readAll(.all).records
        try journal.close()
        try check(try world.view())
        let again = try world.open()
        try check(again)
        #expect(try again.readAll(.all).records == live)
        #expect(again.recovery.findings.isEmpty)
        try again.close()
    }

    @Test("segments are rolled, and read across")
    func rolls() throws {
        let world = TestWorld()
        let options = Journal.Options(segmentBytesMax: 2 << 10)
        let journal = try world.open("journal", options)
        var data: [[UInt8]] = []
        for number in 0..<400 {
            let event = try Event.token(number, run: "r\(number % 7)")
            data.append(event.data)
            _ = try journal.appendNow([Draft(event)])
        }
        #expect(try world.files.names(in: "journal/segments").count > 3)
        for bytesMax in [1, 700, 1 << 16] {
            #expect(try journal.readAll(.all, bytesMax: bytesMax).records.map(\.data) == data)
            #expect(
                try world.view().readAll(.all, bytesMax: bytesMax).records.map(\.data) == data)
        }
        let run = try #require(RunID("r3"))
        let other = try #require(RunID("r5"))
        let expected = data.indices.filter { $0 % 7 == 3 || $0 % 7 == 5 }.map { data[$0] }
        #expect(try journal.readAll(.runs([run, other])).records.map(\.data) == expected)
        try journal.close()
        let again = try world.open("journal", options)
        #expect(try again.readAll(.all).records.map(\.data) == data)
        #expect(again.run(run)?.events == 57)
        try again.close()
    }
}
