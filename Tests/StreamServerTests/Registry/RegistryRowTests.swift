import GRDB
import Journal
import Testing

@testable import StreamServer

@Suite("A row of a registry")
struct RegistryRowTests {
    private func read(_ database: RegistryDatabase) throws -> (
        [Result<RegistryMessage, RowDamage>], [Result<RegistryThread, RowDamage>]
    ) {
        try RegistryFile(path: database.path).read { rows in
            (
                try [rows.message(row: 1)].compactMap { $0 },
                try [rows.thread(row: 1)].compactMap { $0 }
            )
        }
    }

    @Test("is read as it stands")
    func whole() throws {
        let database = try RegistryDatabase()
        try database.addThread(
            "t", run: "r", at: 1, status: "failed", endedAt: 9, result: "", metadata: nil)
        try database.addMessage(
            "m", thread: "t", "", kind: "question", at: 2, metadata: #"{ "a" : 1 }"#)
        try database.execute(
            "UPDATE agent_conversation_messages SET content = 'a' || char(0) || 'b \"ü\"'")
        let (messages, threads) = try read(database)
        let message = try #require(try messages.first?.get())
        #expect(message.content == "a\0b \"ü\"" && message.kind == "question")
        #expect(message.run?.name == "r" && message.createdAt.text == time(2))
        #expect(text(message.metadata.object) == #"{ "a" : 1 }"#)
        let thread = try #require(try threads.first?.get())
        #expect(thread.isClosed && thread.result == "" && thread.error == nil)
        #expect(thread.endedAt.text == time(9) && text(thread.metadata.object) == "{}")
    }

    @Test(
        "of a message that makes no sense says why",
        arguments: [
            ("content = NULL", "the message m: content is NULL"),
            ("content = x'00ff'", "the message m: content is not a text but blob"),
            ("content = CAST(x'c328' AS TEXT)", "the message m: content is no valid text"),
            ("created_at = 'yesterday'", "the message m: created_at is no time"),
            ("created_at = ''", "the message m: created_at is no time"),
            ("from_agent = NULL", "the message m: from_agent is NULL"),
            ("thread_id = ''", "the message m: thread_id has 0 bytes, not 1 to 1024"),
            ("message_id = NULL", "the message in row 1: message_id is NULL"),
            ("message_id = x'6d'", "the message in row 1: message_id is not a text but blob"),
            (
                "message_id = printf('%.*c', 1025, 'm')",
                "the message in row 1: message_id has 1025 bytes, not 1 to 1024"
            ),
            (
                "message_id = 'a' || char(10) || 'b', content = NULL",
                "the message a\u{FFFD}b: content is NULL"
            ),
        ])
    func damagedMessage(change: String, sentence: String) throws {
        let database = try RegistryDatabase(schema: RegistryDatabase.looseSchema)
        try database.addMessage("m", thread: "t", "content")
        try database.execute("UPDATE agent_conversation_messages SET \(change)")
        let result = try #require(try read(database).0.first)
        #expect(throws: RowDamage.self) { try result.get() }
        if case .failure(let damage) = result { #expect("\(damage)" == sentence) }
    }

    @Test(
        "of a thread that makes no sense says why",
        arguments: [
            ("run_id = NULL", "the thread t: run_id is NULL"),
            (
                "run_id = 'a' || char(0)",
                "the thread t: run_id is not 1 to 256 bytes without control characters"
            ),
            (
                "run_id = printf('%.*c', 257, 'r')",
                "the thread t: run_id is not 1 to 256 bytes without control characters"
            ),
            ("status = NULL", "the thread t: status is NULL"),
            ("result = x'01'", "the thread t: result is not a text but blob"),
            ("completed_at = '5'", "the thread t: completed_at is no time"),
        ])
    func damagedThread(change: String, sentence: String) throws {
        let database = try RegistryDatabase(schema: RegistryDatabase.looseSchema)
        try database.addThread("t", run: "r")
        try database.execute("UPDATE agent_conversation_threads SET \(change)")
        let result = try #require(try read(database).1.first)
        #expect(throws: RowDamage.self) { try result.get() }
        if case .failure(let damage) = result { #expect("\(damage)" == sentence) }
    }

    @Test("has metadata that are an object, or none", arguments: ["{", "[]", "7", "", "{} {}"])
    func metadata(_ bad: String) throws {
        #expect(!RegistryMetadata(bad).isValid && text(RegistryMetadata(bad).object) == "{}")
        #expect(RegistryMetadata(nil).isValid && text(RegistryMetadata(nil).object) == "{}")
        #expect(RegistryMetadata(#"{"a":[{}]}"#).isValid)
    }
}
