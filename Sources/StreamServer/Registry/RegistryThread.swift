import GRDB
import Journal

/// A thread of conversation as the registry has it.
struct RegistryThread: Hashable, Sendable {
    let id: String
    let run: RunID
    let parent: String
    let child: String
    let createdAt: RegistryTime
    /// When it ended, as far as the registry tells; its last change else.
    let endedAt: RegistryTime
    let status: String
    let result: String?
    let error: String?
    let metadata: RegistryMetadata
    /// How reports call it.
    let label: String

    static let table = "agent_conversation_threads"
    static let columns = [
        "thread_id", "run_id", "parent_agent_id", "child_agent_id", "created_at", "updated_at",
        "completed_at", "status", "result", "error", "metadata",
    ]

    /// Whether it has ended.
    var isClosed: Bool { status != "active" }

    /// A row of ``columns`` behind the row's number.
    ///
    /// - Throws: ``RowDamage``.
    init(_ row: Row, _ encoding: RegistryEncoding) throws {
        var row = try RegistryRow(row, kind: "the thread", encoding)
        id = try row.id("thread_id", of: "the thread")
        guard let run = try row.optionalRun("run_id") else { throw row.damage("run_id is NULL") }
        self.run = run
        parent = try row.text("parent_agent_id")
        child = try row.text("child_agent_id")
        createdAt = try row.time("created_at")
        let updatedAt = try row.optionalTime("updated_at")
        endedAt = try row.optionalTime("completed_at") ?? updatedAt ?? createdAt
        status = try row.text("status")
        result = try row.optionalText("result")
        error = try row.optionalText("error")
        metadata = try row.metadata("metadata")
        label = row.label
    }
}
