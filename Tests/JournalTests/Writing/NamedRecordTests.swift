@testable import Journal
import TestSupport
import Testing

@Suite("A message that is known by its id and key")
struct NamedRecordTests {
    private func draft(_ id: String, key: UInt64?, content: String = "cut") throws -> Draft {
        Draft(try .message(run: "r", id: id, content: content), key: key)
    }

    @Test("is found whatever it says: in the active segment, in sealed ones, after a start")
    func found() throws {
        let world = TestWorld()
        let options = Journal.Options(segmentBytesMax: 200)
        var journal = try world.open("journal", options)
        let run = try #require(RunID("r"))
        func content(_ id: String, _ key: UInt64) throws -> String? {
            let record = try journal.record(named: id, key: key, type: .messageSent, in: run)
            return try record.map { record in
                let fields = try JSONScanner.data(in: record.data).fields
                return try #require(fields.content).string(in: record.data)
            }
        }
        func expectAll() throws {
            #expect(try content("m", 7) == "whole")
            #expect(try content("caf\u{E9}", 7) == "other")
            #expect(try content("cafe\u{301}", 7) == nil)
            #expect(try content("m", 8) == nil)
            #expect(try content("n", 7) == nil)
            #expect(try content("keyless", 7) == nil)
        }
        _ = try journal.appendNow([try draft("m", key: 7, content: "whole")])
        _ = try journal.appendNow([try draft(#"caf\u00e9"#, key: 7, content: "other")])
        _ = try journal.appendNow([try draft("keyless", key: nil)])
        try expectAll()
        for number in 0..<12 {
            _ = try journal.appendNow([Draft(try .message(run: "r", content: "\(number)"))])
            try expectAll()
        }
        #expect(try world.files.names(in: "journal/segments").count > 2)
        try journal.close()
        journal = try world.open("journal", options)
        try expectAll()
        let elsewhere = try #require(RunID("s"))
        #expect(
            try journal.record(named: "m", key: 7, type: .messageSent, in: elsewhere) == nil)
        #expect(try journal.record(named: "m", key: 7, type: .journalAmend, in: run) == nil)
        try journal.close()
    }

    @Test("is no duplicate of another that says something else, and still one of itself")
    func duplicates() throws {
        let world = TestWorld()
        let journal = try world.open()
        for content in ["a", "b"] {
            #expect(try journal.appendNow([try draft("m", key: 7, content: content)]).appended == 1)
        }
        for content in ["a", "b"] {
            let draft = try draft("m", key: 7, content: content)
            #expect(try journal.isRecorded(draft))
            #expect(try journal.appendNow([draft]).duplicates == 1)
        }
        #expect(try !journal.isRecorded(try draft("m", key: 7, content: "c")))
        try journal.close()
    }

    @Test("what is known of a thread follows from its events, in any segment")
    func threads() throws {
        let world = TestWorld()
        let journal = try world.open("journal", Journal.Options(segmentBytesMax: 1))
        func info(_ name: String) -> [Bool]? {
            journal.thread(name).map { [$0.isCreated, $0.isClosed] }
        }
        #expect(journal.lastIngest == nil)
        _ = try journal.appendNow([Draft(try .message(thread: "orphan", id: "1"))])
        #expect(info("orphan") == nil && journal.hasOrphans(ofThread: "orphan"))
        _ = try journal.appendNow([Draft(try .message(run: "r", thread: "named", id: "2"))])
        #expect(info("named") == [false, false])
        _ = try journal.appendNow([Draft(try .thread("t", run: "r"))])
        #expect(info("t") == [true, false])
        let run = try #require(RunID("r"))
        let end = try Event("agent_chat_thread_closed", json: #"{"thread_id":"t","status":"x"}"#)
        let time = Timestamp(microseconds: 5)
        _ = try journal.appendNow([Draft(end, eventTime: time)])
        #expect(info("t") == [true, true] && journal.thread("t")?.run == run)
        #expect(journal.lastEventTime(of: run) == time)
        let elsewhere = try #require(RunID("s"))
        #expect(journal.knows(run) && !journal.knows(elsewhere))
        let now = world.clock.now().wall
        let last = try #require(journal.lastIngest)
        #expect(last < now && now.microseconds - last.microseconds < 1000)
        #expect(journal.run(of: Draft(try .message(thread: "t", id: "3"))) == run)
        #expect(journal.run(of: Draft(try .message(thread: "nowhere", id: "3"))) == .unassigned)
        try journal.close()
    }
}
