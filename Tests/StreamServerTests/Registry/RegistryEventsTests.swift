import Journal
import Testing

@testable import StreamServer

@Suite("Events of a registry")
struct RegistryEventsTests {
    private let database: RegistryDatabase

    init() throws {
        database = try RegistryDatabase()
        try database.addThread(
            "t", run: "r", at: 1, status: "failed", endedAt: 3, result: nil,
            metadata: #"{"title": "A \"run\""}"#)
        try database.addMessage(
            "m", thread: "t", "line\nline", kind: "delegation", at: 2, metadata: "{\n}")
    }

    private func rows() throws -> (RegistryMessage, RegistryThread) {
        try RegistryFile(path: database.path).read { rows in
            (
                try #require(try rows.message(row: 1)).get(),
                try #require(try rows.thread(row: 1)).get()
            )
        }
    }

    @Test("have the fields in which the page expects them, and the times of the rows")
    func shapes() throws {
        let (message, thread) = try rows()
        let sent = try RegistryEvents.sent(message, run: message.run)
        #expect(
            text(sent.event.data)
                == #"{"run_id":"r","thread_id":"t","message_id":"m","from_agent":"Lead","#
                + #""to_agent":"Coder","message_type":"delegation","content":"line\nline","#
                + #""created_at":"\#(time(2))","metadata":{ }}"#)
        #expect(sent.event.type == .messageSent && sent.run?.name == "r")
        #expect(sent.eventTime == Timestamp(rfc3339: time(2)))
        let created = try RegistryEvents.created(thread)
        #expect(
            text(created.event.data)
                == #"{"thread_id":"t","run_id":"r","parent_agent":"Lead","child_agent":"Coder","#
                + #""metadata":{"title": "A \"run\""},"timestamp":"\#(time(1))"}"#)
        #expect(created.eventTime == Timestamp(rfc3339: time(1)))
        let closed = try RegistryEvents.closed(thread)
        #expect(
            text(closed.event.data)
                == #"{"thread_id":"t","status":"failed","result":null,"error":null,"#
                + #""timestamp":"\#(time(3))"}"#)
        #expect(closed.eventTime == Timestamp(rfc3339: time(3)) && closed.run?.name == "r")
        let amended = try RegistryEvents.amend("m", "all", in: try runID("r"), at: nil)
        #expect(text(amended.event.data) == #"{"message_id":"m","content":"all"}"#)
        #expect(amended.event.type.name == "journal_amend")
    }

    @Test("a content that is made whole changes nothing else of the data")
    func splice() throws {
        let before = #"{ "content":"first", "n": 1.50, "content" : "a\u0041","z":{"content":"no"}}"#
        let event = try Event(type: .messageSent, data: Array(before.utf8))
        let whole = try RegistryEvents.whole(event, content: "aA \"and\" \n more ü")
        #expect(
            text(whole.data)
                == #"{ "content":"first", "n": 1.50, "content" : "aA \"and\" \n more ü","#
                + #""z":{"content":"no"}}"#)
        #expect(whole.fields.content?.string(in: whole.data) == "aA \"and\" \n more ü")
    }

    @Test("are refused where they are larger than a journal takes")
    func tooLarge() throws {
        let event = try Event(type: .messageSent, data: Array(#"{"content":""}"#.utf8))
        let content = String(repeating: "x", count: Journal.eventBytesMax)
        #expect(throws: JournalError.self) { try RegistryEvents.whole(event, content: content) }
    }
}
