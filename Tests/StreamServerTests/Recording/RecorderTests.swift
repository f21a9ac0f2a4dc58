import Foundation
import Journal
import Logging
import Testing

@testable import StreamServer

@Suite("Recorder")
struct RecorderTests {
    private let event = #"{"event_type":"agent_chat_x","data":{"a":1},"server_timestamp":"12:00"}"#

    private func recorder(_ journal: Journal, filter: String = "agent_chat_*") -> Recorder {
        Recorder(
            upstream: "http://127.0.0.1:1", journal: journal, filter: TypeFilter(filter),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Has what is said on a link that is up recorded, and the link lost again.
    private func record(
        _ payloads: [[UInt8]], in journal: Journal, filter: String = "agent_chat_*"
    ) async throws {
        let recorder = recorder(journal, filter: filter)
        try await recorder.take(
            [.connected] + payloads.map { .event($0) } + [.settled, .disconnected(reason: "over")])
    }

    private func live(_ event: String) -> [UInt8] { Array(#"["event",\#(event)]"#.utf8) }

    private func history(_ events: String...) -> [UInt8] {
        Array(#"["event_history",[\#(events.joined(separator: ","))]]"#.utf8)
    }

    private func types(in journal: Journal) throws -> [String] {
        try journal.read(.run(.unassigned), from: .start, bytesMax: 1 << 20).records
            .map(\.type.name)
    }

    @Test("what came live is known when the history repeats it, and the other way round")
    func sameKey() async throws {
        try await withJournal { journal in
            let other = event.replacing("12:00", with: "12:01")
            try await record([history(), live(event)], in: journal)
            try await record([history(event, other)], in: journal)
            #expect(journal.end.rawValue == 2)
            try await record([live(other), history(event, other)], in: journal)
            #expect(journal.end.rawValue == 2)
        }
    }

    @Test(
        "another stamp, type, or other data is another event",
        arguments: [
            ("12:00", "12:01"), ("agent_chat_x", "agent_chat_y"), (#"{"a":1}"#, #"{"a": 1}"#),
        ])
    func otherKey(part: String, replacement: String) async throws {
        try await withJournal { journal in
            let other = event.replacing(part, with: replacement)
            try await record([live(event), live(other)], in: journal)
            #expect(journal.end.rawValue == 2)
        }
    }

    @Test("events are recorded in order, and those that the filter or their type bars are not")
    func filters() async throws {
        try await withJournal { journal in
            func event(_ type: String) -> String { #"{"event_type":"\#(type)","data":{}}"# }
            try await record(
                [
                    history(event("agent_chat_1"), event("other"), event("agent_chat_2")),
                    live(event("agent_chat_3")), live(event("other")),
                ], in: journal)
            #expect(try types(in: journal) == ["agent_chat_1", "agent_chat_2", "agent_chat_3"])
            try await record(
                [
                    history(event("agent_chat_2")), live(event("ping")), live(event("stream_live")),
                    live(event("journal_amend")), live(event("other")),
                ], in: journal, filter: "*")
            #expect(try types(in: journal).dropFirst(3) == ["other"])
        }
    }

    @Test("what makes no sense is passed over, and what is beside it is recorded")
    func malformed() async throws {
        try await withJournal { journal in
            let bad = [
                "", "x", "[]", #"["event"]"#, #"["event",{}]"#, #"["event",7]"#, #"["event",{]"#,
                #"["event_history"]"#, #"["event_history",{}]"#, #"["other",\#(event)]"#,
                #"["event",{"event_type":"agent_chat_x","data":[]}]"#, #"{"event":1}"#,
            ]
            try await record(bad.map { Array($0.utf8) } + [live(event)], in: journal)
            #expect(journal.end.rawValue == 1)
            try await record(
                [history("{}", event, "7", #"{"event_type":1}"#)], in: journal)
            #expect(journal.end.rawValue == 1)
        }
    }

    @Test("a gap is told in runs with an open thread, and where no run is known; once")
    func gap() async throws {
        try await withJournal { journal in
            func thread(_ run: String, _ type: String) -> String {
                #"{"event_type":"agent_chat_thread_\#(type)","server_timestamp":"1","#
                    + #""data":{"run_id":"\#(run)","thread_id":"t-\#(run)"}}"#
            }
            let before = Timestamp.now
            try await record(
                [
                    live(thread("open", "created")), live(thread("over", "created")),
                    live(thread("over", "closed")),
                ], in: journal)
            try await record([history(event)], in: journal)
            func gaps(_ run: String) throws -> [Record] {
                try journal.read(.run(try runID(run)), from: .start, bytesMax: 1 << 20).records
                    .filter { $0.type == .journalGap }
            }
            #expect(try gaps("over").isEmpty)
            for run in ["open", "unassigned"] {
                let found = try gaps(run)
                #expect(found.count == 1)
                let data = try #require(found.first).data
                let members = try JSONDecoder().decode([String: String].self, from: Data(data))
                #expect(members.keys.sorted() == ["from", "reason", "until"])
                #expect(members["reason"] == "recorder_outage")
                let from = try #require(members["from"].flatMap { Timestamp(rfc3339: $0) })
                let until = try #require(members["until"].flatMap { Timestamp(rfc3339: $0) })
                #expect(before <= from && from <= until && until <= .now)
            }
            try await record([history(event)], in: journal)
            #expect(try gaps("open").count == 1)
        }
    }

    @Test("what the journal holds bridges an outage that the memory does not know of")
    func memoryLost() async throws {
        try await withJournal { journal in
            try await record([live(event)], in: journal)
            let directory = journal.upstreamsDirectory
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            let name = try #require(names.first)
            try Data([1, 2, 3]).write(to: URL(filePath: "\(directory)/\(name)"))
            try await record([history(event, event.replacing("12:00", with: "12:01"))], in: journal)
            #expect(try types(in: journal) == ["agent_chat_x", "agent_chat_x"])
        }
    }

    @Test("a batch that the journal refuses does not count as heard")
    func refused() async throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "journal-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let closed = try Journal.open(directory, options: .init(durability: .os))
        let recorder = recorder(closed)
        try await recorder.take([.connected, .settled])
        try closed.close()
        await #expect(throws: JournalError.self) {
            try await recorder.take([.event(live(event))])
        }
        let journal = try Journal.open(directory, options: .init(durability: .os))
        try await record([history(event)], in: journal)
        #expect(try types(in: journal) == ["agent_chat_x"])
        try journal.close()
    }
}
