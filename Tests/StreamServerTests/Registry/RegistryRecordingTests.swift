import Journal
import Testing

@testable import StreamServer

@Suite("A registry that is imported")
struct RegistryRecordingTests {
    private func lines(_ database: RegistryDatabase) throws -> (lines: [String], damages: [String])
    {
        var recording = RegistryRecording(path: database.path)
        _ = try recording.gather()
        var lines: [String] = []
        var damages: [String] = []
        while let chunk = try recording.next() {
            lines += text(chunk.lines).split(separator: "\n").map(String.init)
            damages += chunk.damages.map(\.description)
        }
        return (lines, damages)
    }

    private func importAll(_ database: RegistryDatabase, into journal: Journal) async throws
        -> ImportResult
    {
        var recording = RecordingImport(
            into: journal, stem: RegistryRecording.stem, ofRegistry: true)
        for line in try lines(database).lines { try await recording.add(Array((line + "\n").utf8)) }
        return try await recording.finish()
    }

    @Test("becomes lines with the run and the time of each row")
    func lines() throws {
        let database = try RegistryDatabase()
        try database.addThread("t", run: "r", at: 1)
        try database.addMessage("m", thread: "t", "hello", at: 2)
        try database.addMessage("lost", thread: "nowhere", "lost", at: 3)
        let (lines, damages) = try lines(database)
        #expect(damages == [])
        let heads = lines.map { line in
            line.split(separator: #","data""#, maxSplits: 1).first.map(String.init) ?? line
        }
        let expected = [
            ("r", "agent_chat_thread_created", 1), ("r", "agent_chat_message_sent", 2),
            ("unassigned", "agent_chat_message_sent", 3),
        ].map { run, type, second in
            #"{"run_id":"\#(run)","event":"\#(type)","#
                + #""recorded_at":"2026-01-01T00:00:0\#(second).000000Z""#
        }
        #expect(heads == expected)
    }

    @Test("again adds nothing, and neither what was recorded from elsewhere")
    func idempotent() async throws {
        let database = try RegistryDatabase()
        let whole = long("All of it. ", 300)
        try database.addThread("t", run: "r", at: 1, status: "completed", endedAt: 9, result: "ok")
        try database.addMessage("cut", thread: "t", whole, at: 2)
        try database.addMessage("seen", thread: "t", "seen", at: 3)
        try database.addMessage("new", thread: "t", "new", at: 4)
        try database.addMessage("orphan", thread: "nowhere", "orphan", at: 5)
        try await withJournal { journal in
            let bench = HealerBench(journal, database)
            _ = try await journal.append([
                heardThread("t", run: "r"), heard("cut", thread: "t", whole),
                heard("seen", thread: "t", "seen"),
            ])
            let first = try await importAll(database, into: journal)
            #expect(first == ImportResult(appended: 4, duplicates: 2))
            let recorded = try bench.recorded("r")
            #expect(
                recorded == [
                    "thread_created t", "message_sent cut=\(cut(whole))", "message_sent seen=seen",
                    "journal_amend cut=\(whole)", "message_sent new=new", "thread_closed t",
                ])
            #expect(try bench.recorded("unassigned") == ["message_sent orphan=orphan"])
            let again = try await importAll(database, into: journal)
            #expect(again == ImportResult(appended: 0, duplicates: 6))
            // Once its thread is known the orphan moves; it is no other message there.
            try database.addThread("nowhere", run: "r", at: 5)
            let last = try await importAll(database, into: journal)
            #expect(last == ImportResult(appended: 1, duplicates: 6))
            #expect(
                try bench.recorded("r") == recorded + [
                    "thread_created nowhere", "message_sent orphan=orphan",
                ])
        }
    }

    @Test("tells each row that makes no sense, and imports the rest")
    func damages() throws {
        let database = try RegistryDatabase(schema: RegistryDatabase.looseSchema)
        try database.addThread("t", run: "r", status: "completed", endedAt: 9)
        try database.addThread("bad", run: "r", status: "completed", endedAt: 9, metadata: "[")
        try database.addMessage("good", thread: "t", "good")
        try database.addMessage("bad", thread: "t", "bad", metadata: "nonsense")
        try database.addMessage("late", thread: "t", "late")
        try database.execute(
            "UPDATE agent_conversation_messages SET created_at = 'x' WHERE message_id = 'late'")
        let (lines, damages) = try lines(database)
        #expect(lines.count == 3)
        #expect(
            Set(damages) == [
                "the thread bad: metadata is no JSON object",
                "the message bad: metadata is no JSON object",
                "the message late: created_at is no time",
            ])
        #expect(damages.count == 3)
    }
}
