import Foundation
import GRDB

/// What is known of the sealed segments' runs and threads, kept in SQLite so that a start need not
/// read every footer.
///
/// Derived: whatever it says is in the segments too. A catalog that is missing, damaged or of
/// another journal is made anew; one that is behind is caught up. Nothing that is acknowledged
/// waits for it: writes happen on its own queue.
final class Catalog: Sendable {
    private let database: DatabaseQueue?

    /// A catalog that keeps nothing.
    static let none = Catalog(database: nil)

    private static let runsQuery = "SELECT name, summary FROM runs"
    private static let threadsQuery = "SELECT thread, run, isCreated, crc FROM threads"
    private static let orphansQuery = "SELECT offset, thread, crc FROM orphans ORDER BY offset"

    private init(database: DatabaseQueue?) {
        self.database = database
    }

    /// Opens the catalog at `path` for its journal's writer, making it if need be.
    ///
    /// - Returns: the catalog, and why it had to be made anew; ``none`` where SQLite refuses even
    ///   that: then every start reads the footers.
    static func open(_ path: String, _ files: any FileSystem) -> (Catalog, madeAnew: String?) {
        let isNew = !files.exists(path)
        do {
            return (try Catalog(database: prepare(path)), isNew ? "it was missing" : nil)
        } catch {
            return (anew(path, files), "it was damaged (\(error))")
        }
    }

    /// An empty catalog in place of whatever is at `path`.
    static func anew(_ path: String, _ files: any FileSystem) -> Catalog {
        for suffix in ["", "-journal"] where files.exists(path + suffix) {
            try? files.remove(path + suffix)
        }
        return Catalog(database: try? prepare(path))
    }

    /// Opens the catalog at `path` for reading alone; ``none`` when there is none to be read.
    static func openForReading(_ path: String) -> Catalog {
        var configuration = Configuration()
        configuration.readonly = true
        let database = try? DatabaseQueue(path: path, configuration: configuration)
        guard let database, (try? database.read(check)) != nil else { return none }
        return Catalog(database: database)
    }

    /// - Throws: a `DatabaseError` when pages of the database are damaged, even those that nothing
    ///   would read: what is written over them would fail, and an index that is wrong would replace
    ///   the wrong row.
    private static func check(_ database: Database) throws {
        let health = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)")
        guard health == "ok" else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: health)
        }
    }

    private static func prepare(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        // What is deleted is to be gone from the file.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA secure_delete = ON") }
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try database.write { database in
            try check(database)
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS journal
                        (id TEXT PRIMARY KEY, removals INTEGER NOT NULL) STRICT;
                    CREATE TABLE IF NOT EXISTS segments (base INTEGER PRIMARY KEY) STRICT;
                    CREATE TABLE IF NOT EXISTS runs
                        (name TEXT PRIMARY KEY, summary BLOB NOT NULL) STRICT;
                    CREATE TABLE IF NOT EXISTS threads
                        (thread TEXT PRIMARY KEY, run TEXT NOT NULL,
                         isCreated INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT;
                    CREATE TABLE IF NOT EXISTS orphans
                        (offset INTEGER PRIMARY KEY, thread TEXT NOT NULL,
                         crc INTEGER NOT NULL) STRICT;
                    """)
            // What stands in tables of these names may be something else.
            for sql in [runsQuery, threadsQuery, orphansQuery] {
                _ = try database.makeStatement(sql: sql)
            }
        }
        return database
    }

    /// What is known of the first segments of a journal.
    ///
    /// - Returns: the directory, and of how many of `segments` it tells; nil when the catalog is
    ///   of other segments than these.
    func load(
        _ manifest: Manifest, segments: [Offset]
    ) -> (directory: Directory, count: Int)? {
        guard let id = manifest.journalID, manifest.unfinishedRemoval == nil else { return nil }
        return try? database?.read { database in
            let known = try String.fetchOne(
                database, sql: "SELECT id FROM journal WHERE removals = ?",
                arguments: [manifest.removalCount])
            let bases = try Int64.fetchAll(database, sql: "SELECT base FROM segments ORDER BY base")
                .map { Offset(rawValue: UInt64(bitPattern: $0)) }
            guard known == id.description, segments.starts(with: bases) else { return nil }
            var runs: [RunID: RunSummary] = [:]
            let rows = try Row.fetchCursor(database, sql: Catalog.runsQuery)
            while let row = try rows.next() {
                let stored = try row.decode(Data.self, atIndex: 1)
                guard let run = RunID(try row.decode(String.self, atIndex: 0)),
                    let summary = RunSummary(stored: Array(stored), of: run)
                else { return nil }
                runs[run] = summary
            }
            var threads: [String: ThreadHome] = [:]
            let homes = try Row.fetchCursor(database, sql: Catalog.threadsQuery)
            while let row = try homes.next() {
                let thread = try row.decode(String.self, atIndex: 0)
                guard let run = RunID(try row.decode(String.self, atIndex: 1)) else { return nil }
                let home = ThreadHome(run: run, isCreated: try row.decode(Bool.self, atIndex: 2))
                let crc = try row.decode(Int64.self, atIndex: 3)
                guard crc == home.checksum(of: thread) else { return nil }
                threads[thread] = home
            }
            var orphans: [String: [Offset]] = [:]
            let waiting = try Row.fetchCursor(database, sql: Catalog.orphansQuery)
            while let row = try waiting.next() {
                let number = try row.decode(Int64.self, atIndex: 0)
                let offset = Offset(rawValue: UInt64(bitPattern: number))
                let thread = try row.decode(String.self, atIndex: 1)
                let crc = try row.decode(Int64.self, atIndex: 2)
                guard crc == offset.checksum(with: thread) else { return nil }
                orphans[thread, default: []].append(offset)
            }
            return (Directory(runs: runs, threads: threads, orphans: orphans), bases.count)
        }
    }

    /// Forgets everything and keeps what is known of `segments` instead.
    ///
    /// - Returns: false when the database does not let itself be written, as where its tables are
    ///   not what they should be.
    func replace(_ manifest: Manifest, segments: [Offset], _ directory: Directory) -> Bool {
        let done: Void? = try? database?.write {
            try Catalog.replace(manifest, segments, directory, $0)
        }
        return done != nil
    }

    /// The same behind what was noted so far; returns at once.
    func replaceLater(_ manifest: Manifest, segments: [Offset], _ directory: Directory) {
        database?.asyncWrite(
            { try Catalog.replace(manifest, segments, directory, $0) }, completion: { _, _ in })
    }

    private static func replace(
        _ manifest: Manifest, _ segments: [Offset], _ directory: Directory, _ database: Database
    ) throws {
        for table in ["journal", "segments", "runs", "threads", "orphans"] {
            try database.execute(sql: "DELETE FROM \(table)")
        }
        try database.execute(
            sql: "INSERT INTO journal (id, removals) VALUES (?, ?)",
            arguments: [manifest.journalID?.description, manifest.removalCount])
        for base in segments { try insert(base, database) }
        try upsert(directory, directory.orphans, database)
    }

    /// Adds a segment that was just sealed, of which `part` is known: the runs and threads that it
    /// names, as they are in the journal now, are in `touched`.
    ///
    /// Returns at once.
    func note(segment: Offset, _ touched: Directory, _ part: Directory) {
        database?.asyncWrite(
            { database in
                try Catalog.insert(segment, database)
                try Catalog.upsert(touched, part.orphans, database)
                for offset in part.adopted {
                    try database.execute(
                        sql: "DELETE FROM orphans WHERE offset = ?",
                        arguments: [Int64(bitPattern: offset.rawValue)])
                }
            }, completion: { _, _ in })
    }

    /// Waits until everything noted is written.
    func flush() {
        try? database?.write { _ in }
    }

    private static func insert(_ base: Offset, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO segments (base) VALUES (?)",
            arguments: [Int64(bitPattern: base.rawValue)])
    }

    private static func upsert(
        _ directory: Directory, _ orphans: [String: [Offset]], _ database: Database
    ) throws {
        for (run, summary) in directory.runs {
            try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO runs (name, summary) VALUES (?, ?)"
            ).execute(arguments: [run.name, Data(summary.stored(of: run))])
        }
        for (thread, home) in directory.threads {
            try database.cachedStatement(
                sql:
                    "INSERT OR REPLACE INTO threads (thread, run, isCreated, crc) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [thread, home.run.name, home.isCreated, home.checksum(of: thread)])
        }
        for (thread, offsets) in orphans {
            for offset in offsets {
                try database.cachedStatement(
                    sql: "INSERT OR REPLACE INTO orphans (offset, thread, crc) VALUES (?, ?, ?)"
                ).execute(
                    arguments: [
                        Int64(bitPattern: offset.rawValue), thread, offset.checksum(with: thread),
                    ])
            }
        }
    }
}

extension JournalID: CustomStringConvertible {
    /// 32 hexadecimal digits.
    var description: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
