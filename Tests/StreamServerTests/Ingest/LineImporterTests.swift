import Journal
import Testing

@testable import StreamServer

@Suite("Line importer")
struct LineImporterTests {
    private func drafts(_ lines: [String], stem: String = "stem") throws -> [Draft] {
        var importer = LineImporter(stem: stem)
        return try lines.map { try importer.draft(Array($0.utf8)) }
    }

    private let bare = [
        #"{"event":"t","data":{"a":1}}"#, #"{"event":"t","data":{"a":1}}"#,
        #"{"event":"t","data":{"a":2}}"#, #"{"event":"u","data":{"a":1}}"#,
        #"{"event":"t","run_id":"other","data":{"a":1}}"#, #"{"event":"t","data":{"a":1}}"#,
    ]

    @Test("the same file has the same keys each time, and equal lines in it have different ones")
    func keys() throws {
        let keys = try drafts(bare).map(\.key)
        #expect(keys == (try drafts(bare).map(\.key)))
        #expect(!keys.contains(nil))
        #expect(Set(keys).count == bare.count)
    }

    @Test("a line keeps its key when others are added behind it, or unlike ones before it")
    func keysAreStable() throws {
        let keys = try drafts(bare).map(\.key)
        let longer = try drafts([#"{"event":"new","data":{}}"#] + bare + bare).map(\.key)
        #expect(Array(longer[1...bare.count]) == keys)
        #expect(Set(longer).count == longer.count)
    }

    @Test("lines with a lineage or a message_id are known by that, and need no key")
    func otherIdentities() throws {
        let drafts = try drafts([
            #"{"id":"k7q2m9xa-5","event":"t","data":{}}"#,
            #"{"event":"t","data":{"message_id":"m"}}"#, #"{"id":"5","event":"t","data":{}}"#,
            #"{"id":"x","event":"t","data":{}}"#,
        ])
        #expect(drafts.map(\.origin) == [EventID("k7q2m9xa-5"), nil, nil, nil])
        #expect(drafts.map { $0.key == nil } == [true, true, false, false])
    }

    @Test("a line's run is the one that it names, else its thread's, else the file's stem")
    func runs() throws {
        let lines = [
            #"{"event":"t","run_id":"beside","data":{"run_id":"within"}}"#,
            #"{"event":"t","data":{"run_id":"within","thread_id":"1"}}"#,
            #"{"event":"t","data":{"thread_id":"1"}}"#, #"{"event":"t","data":{"thread_id":"2"}}"#,
            #"{"event":"t","data":{}}"#,
            #"{"event":"agent_chat_thread_created","run_id":"new","data":{"thread_id":"1"}}"#,
            #"{"event":"t","data":{"thread_id":"1"}}"#,
            #"{"event":"t","run_id":"stray","data":{"thread_id":"1"}}"#,
            #"{"event":"t","data":{"thread_id":"1"}}"#,
        ]
        #expect(
            try drafts(lines).map { $0.run?.name } == [
                "beside", "within", "within", "stem", "stem", "new", "new", "stray", "new",
            ])
        #expect(try drafts([#"{"event":"t","data":{}}"#], stem: "").map(\.run) == [.unassigned])
    }

    @Test("a line's time is recorded_at, else created_at, else timestamp, else none")
    func times() throws {
        let (a, b, c) = ("2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z", "2026-01-01T00:00:03Z")
        let both = #"{"created_at":"\#(b)","timestamp":"\#(c)"}"#
        let lines = [
            #"{"event":"t","recorded_at":"\#(a)","data":\#(both)}"#,
            #"{"event":"t","data":\#(both)}"#, #"{"event":"t","data":{"timestamp":"\#(c)"}}"#,
            #"{"event":"t","data":{"created_at":"noon","timestamp":"\#(c)"}}"#,
            #"{"event":"t","data":{"created_at":"noon"}}"#, #"{"event":"t","data":{}}"#,
        ]
        #expect(
            try drafts(lines).map(\.eventTime) == [
                Timestamp(rfc3339: a), Timestamp(rfc3339: b), Timestamp(rfc3339: c),
                Timestamp(rfc3339: c), nil, nil,
            ])
    }

    @Test(
        "what is no event is refused with the number of its line",
        arguments: [
            "x", "[]", "{}", #"{"event":"t"}"#, #"{"event":"t","data":[]}"#,
            #"{"event":"t","recorded_at":"noon","data":{}}"#,
            #"{"event":"t","run_id":"","data":{}}"#,
            #"{"event":"stream_live","data":{}}"#, #"{"event":"journal_gap","data":{}}"#,
            #"{"event":"ping","id":"k7q2m9xa-5","data":{}}"#,
        ])
    func refuses(line: String) throws {
        let error = try #require(throws: JournalError.self) { try drafts([bare[0], line]) }
        #expect(error.code == .invalidEvent)
        #expect(error.message.hasPrefix("line 2: "))
    }

    @Test("the journal's own records come back from an export")
    func ownRecords() throws {
        let line = #"{"id":"k7q2m9xa-5","event":"journal_gap","data":{}}"#
        #expect(try drafts([line]).map(\.event.type.name) == ["journal_gap"])
    }

    @Test("what was imported is known when it is imported again")
    func again() async throws {
        try await withJournal { journal in
            let bytes = Array(bare.joined(separator: "\n").utf8)
            func importAll() async throws -> ImportResult {
                var recording = RecordingImport(into: journal, stem: "stem")
                for place in stride(from: 0, to: bytes.count, by: 7) {
                    try await recording.add(bytes[place..<min(place + 7, bytes.count)])
                }
                return try await recording.finish()
            }
            let first = try await importAll()
            #expect(first.appended == bare.count)
            #expect(first.duplicates == 0)
            let second = try await importAll()
            #expect(second.appended == 0)
            #expect(second.duplicates == bare.count)
            #expect(journal.end.rawValue == UInt64(bare.count))
        }
    }
}
