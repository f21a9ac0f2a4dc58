import GRDB
import Journal

/// A message as the registry has it: whole.
struct RegistryMessage: Hashable, Sendable {
    let id: String
    let thread: String
    let from: String
    let to: String
    let kind: String
    let content: String
    let createdAt: RegistryTime
    let metadata: RegistryMetadata
    /// How reports call it.
    let label: String
    /// The run of its thread; nil when the registry does not have the thread.
    let run: RunID?

    static let table = "agent_conversation_messages"
    static let columns = [
        "message_id", "thread_id", "from_agent", "to_agent", "message_type", "content",
        "created_at", "metadata",
    ]

    /// A row of ``columns`` behind the row's number, and then the run of its thread.
    ///
    /// - Throws: ``RowDamage``.
    init(_ row: Row, _ encoding: RegistryEncoding) throws {
        var row = try RegistryRow(row, kind: "the message", encoding)
        id = try row.id("message_id", of: "the message")
        thread = try row.identifier("thread_id")
        from = try row.text("from_agent")
        to = try row.text("to_agent")
        kind = try row.text("message_type")
        content = try row.text("content")
        createdAt = try row.time("created_at")
        metadata = try row.metadata("metadata")
        label = row.label
        run = try row.optionalRun("its thread's run_id")
    }
}
