import Journal
import Logging
import Testing

@testable import StreamServer

@Suite("Recorder")
struct RecorderTests {
    private let event = #"{"event_type":"agent_chat_x","data":{"a":1},"server_timestamp":"12:00"}"#

    private func recorder(_ journal: Journal, filter: String = "agent_chat_*") -> Recorder {
        Recorder(
            journal: journal, filter: TypeFilter(filter),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
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
            try await recorder(journal).record([live(event)])
            try await recorder(journal).record([history(event, other)])
            #expect(journal.end.rawValue == 2)
            try await recorder(journal).record([live(other), live(event), history(event, other)])
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
            try await recorder(journal).record([live(event), live(other)])
            #expect(journal.end.rawValue == 2)
        }
    }

    @Test("events are recorded in order, and those that the filter or their type bars are not")
    func filters() async throws {
        try await withJournal { journal in
            func event(_ type: String) -> String { #"{"event_type":"\#(type)","data":{}}"# }
            try await recorder(journal).record([
                history(event("agent_chat_1"), event("other"), event("agent_chat_2")),
                live(event("agent_chat_3")), live(event("other")),
            ])
            #expect(try types(in: journal) == ["agent_chat_1", "agent_chat_2", "agent_chat_3"])
            try await recorder(journal, filter: "*").record([
                live(event("ping")), live(event("stream_live")), live(event("journal_gap")),
                live(event("other")),
            ])
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
            try await recorder(journal).record(bad.map { Array($0.utf8) } + [live(event)])
            #expect(journal.end.rawValue == 1)
            try await recorder(journal).record([history("{}", event, "7", #"{"event_type":1}"#)])
            #expect(journal.end.rawValue == 1)
            try await recorder(journal).record([])
            #expect(journal.end.rawValue == 1)
        }
    }
}
