import Foundation
import GRDB

@testable import StreamServer

/// A registry as agents write it: a SQLite file in a directory that is gone with the object.
final class RegistryDatabase {
    /// How the file is written.
    enum Mode: String, CaseIterable, Sendable {
        case rollback = "DELETE"
        case log = "WAL"
    }

    static let schema = """
        CREATE TABLE agent_conversation_threads(thread_id TEXT PRIMARY KEY, run_id TEXT NOT NULL,
            parent_agent_id TEXT NOT NULL, child_agent_id TEXT NOT NULL, created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL, completed_at TEXT, status TEXT NOT NULL DEFAULT 'active',
            result TEXT, error TEXT, metadata TEXT DEFAULT '{}');
        CREATE TABLE agent_conversation_messages(message_id TEXT PRIMARY KEY,
            thread_id TEXT NOT NULL, from_agent TEXT NOT NULL, to_agent TEXT NOT NULL,
            message_type TEXT NOT NULL, content TEXT NOT NULL, created_at TEXT NOT NULL,
            metadata TEXT DEFAULT '{}');
        """
    /// The schema without the constraints that keep rows in order.
    static let looseSchema = schema.replacing(" NOT NULL", with: "")
        .replacing(" PRIMARY KEY", with: "")

    let directory: URL
    let path: String
    private var writer: DatabaseQueue?

    init(_ mode: Mode = .rollback, schema: String = schema, encoding: String = "UTF-8") throws {
        directory = FileManager.default.temporaryDirectory
            .appending(path: "registry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.appending(path: "registry.db").path
        try open()
        try writer?.inDatabase { database in
            try database.execute(sql: "PRAGMA encoding = '\(encoding)'")
            try database.execute(sql: "PRAGMA journal_mode = \(mode.rawValue)")
            try database.execute(sql: schema)
        }
    }

    deinit {
        try? writer?.close()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Opens the file for writing, as an agent does.
    func open() throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        configuration.foreignKeysEnabled = false
        writer = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Ends the writing connection.
    func close() throws {
        try writer?.close()
        writer = nil
    }

    /// Changes the database.
    func execute(_ sql: String, _ arguments: StatementArguments = []) throws {
        try writer?.inDatabase { try $0.execute(sql: sql, arguments: arguments) }
    }

    /// Keeps all others out until ``unlock()``.
    func lock() throws { try execute("BEGIN EXCLUSIVE") }

    /// Commits what was done since ``lock()``.
    func unlock() throws { try execute("COMMIT") }

    func addThread(
        _ id: String, run: String, at seconds: Int = 0, status: String = "active",
        endedAt: Int? = nil, result: String? = nil, metadata: String? = "{}"
    ) throws {
        try execute(
            "INSERT INTO agent_conversation_threads VALUES (?, ?, 'Lead', 'Coder', ?, ?, ?, ?, ?, "
                + "NULL, ?)",
            [
                id, run, time(seconds), time(endedAt ?? seconds), endedAt.map(time), status,
                result, metadata,
            ])
    }

    func addMessage(
        _ id: String, thread: String, _ content: String, kind: String = "status",
        at seconds: Int = 0, metadata: String? = "{}"
    ) throws {
        try execute(
            "INSERT INTO agent_conversation_messages VALUES (?, ?, 'Lead', 'Coder', ?, ?, ?, ?)",
            [id, thread, kind, content, time(seconds), metadata])
    }

    /// The names of the files beside the database.
    var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).sorted()
    }
}

/// The first second of 2026 and some more, as Python writes it.
func time(_ seconds: Int) -> String {
    let (minutes, rest) = seconds.quotientAndRemainder(dividingBy: 60)
    let shown = { (number: Int) in (number < 10 ? "0" : "") + String(number) }
    return "2026-01-01T\(shown(minutes / 60)):\(shown(minutes % 60)):\(shown(rest)).000000+00:00"
}

/// A content of `count` characters, which begins with `start`.
func long(_ start: String, _ count: Int) -> String {
    start + String(repeating: "x", count: count - start.unicodeScalars.count)
}

/// What older producers leave of a content.
func cut(_ content: String) -> String {
    String(String.UnicodeScalarView(content.unicodeScalars.prefix(100)))
}
