import GRDB
import Journal

/// What a registry holds, within one transaction.
struct RegistryRows {
    private let database: Database
    private let encoding: RegistryEncoding

    init(_ database: Database, _ encoding: RegistryEncoding) {
        self.database = database
        self.encoding = encoding
    }

    // MARK: By name

    /// The messages with these ids, as far as there are any; in no order.
    func messages(_ ids: [String]) throws -> [Result<RegistryMessage, RowDamage>] {
        try messages(where: "m.message_id IN (\(marks(ids.count)))", StatementArguments(ids))
    }

    /// The threads with these ids, as far as there are any; in no order.
    func threads(_ ids: [String]) throws -> [Result<RegistryThread, RowDamage>] {
        try threads(where: "thread_id IN (\(marks(ids.count)))", StatementArguments(ids))
    }

    /// The messages with which these threads began, as far as they are in these rows; oldest first.
    ///
    /// There is no index by thread: only the newest rows are looked at.
    func delegations(of threads: [String], in rows: ClosedRange<Int64>) throws
        -> [Result<RegistryMessage, RowDamage>]
    {
        try messages(
            where: "m.rowid BETWEEN ? AND ? AND m.message_type = 'delegation' "
                + "AND m.thread_id IN (\(marks(threads.count))) ORDER BY m.rowid",
            StatementArguments([rows.lowerBound, rows.upperBound]) + StatementArguments(threads))
    }

    // MARK: By number

    /// The number of the newest message; 0 when there is none.
    func lastMessage() throws -> Int64 { try last(RegistryMessage.table) }

    /// The number of the newest thread; 0 when there is none.
    func lastThread() throws -> Int64 { try last(RegistryThread.table) }

    /// The message in a row; nil when there is none.
    func message(row: Int64) throws -> Result<RegistryMessage, RowDamage>? {
        try messages(where: "m.rowid = ?", [row]).first
    }

    /// The thread in a row; nil when there is none.
    func thread(row: Int64) throws -> Result<RegistryThread, RowDamage>? {
        try threads(where: "rowid = ?", [row]).first
    }

    /// When the messages in rows up to `last` were said; newest first, at most `limit`.
    func messageEntries(upTo last: Int64, limit: Int) throws -> [RegistryEntry] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT rowid, \(RegistryRow.columns(["created_at"])) "
                    + "FROM \(RegistryMessage.table) "
                    + "WHERE rowid <= ? ORDER BY rowid DESC LIMIT ?"),
            arguments: [last, limit])
        var entries: [RegistryEntry] = []
        while let row = try rows.next() {
            let number = try row.decode(Int64.self, atIndex: 0)
            entries.append(RegistryEntry(.message, row: number, at: moment(row, "created_at")))
        }
        return entries
    }

    /// When the threads in rows up to `last` were created, and when those ended that have; newest
    /// row first, at most `limit` rows.
    func threadEntries(upTo last: Int64, limit: Int) throws -> [RegistryEntry] {
        try threads(
            where: "rowid <= ? ORDER BY rowid DESC LIMIT ?", [last, limit],
            as: { row in
                let number = try row.decode(Int64.self, atIndex: 0)
                guard let thread = try? RegistryThread(row, encoding) else {
                    return [RegistryEntry(.created, row: number, at: nil)]
                }
                let created = RegistryEntry(.created, row: number, at: thread.createdAt.moment)
                guard thread.isClosed else { return [created] }
                return [created, RegistryEntry(.closed, row: number, at: thread.endedAt.moment)]
            }
        ).flatMap { $0 }
    }

    // MARK: Queries

    private static let selectMessages: String = {
        let columns = RegistryMessage.columns.map { "m.\($0)" } + ["t.run_id"]
        return "SELECT m.rowid, \(RegistryRow.columns(columns)) FROM \(RegistryMessage.table) m "
            + "LEFT JOIN \(RegistryThread.table) t ON t.thread_id = m.thread_id WHERE "
    }()

    private static let selectThreads =
        "SELECT rowid, \(RegistryRow.columns(RegistryThread.columns)) "
        + "FROM \(RegistryThread.table) WHERE "

    private func last(_ table: String) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT max(rowid) FROM \(table)")) ?? 0
    }

    private func moment(_ row: Row, _ name: String) -> Timestamp? {
        var row = try? RegistryRow(row, kind: "the row", encoding)
        return try? row?.time(name).moment
    }

    private func messages(where condition: String, _ arguments: StatementArguments) throws
        -> [Result<RegistryMessage, RowDamage>]
    {
        let statement = try database.cachedStatement(
            sql: RegistryRows.selectMessages + condition)
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        return try decoded(rows) { try RegistryMessage($0, encoding) }
    }

    private func threads(where condition: String, _ arguments: StatementArguments) throws
        -> [Result<RegistryThread, RowDamage>]
    {
        try threads(where: condition, arguments) { row in
            try decode(row) { try RegistryThread($0, encoding) }
        }
    }

    private func threads<Value>(
        where condition: String, _ arguments: StatementArguments, as decode: (Row) throws -> Value
    ) throws -> [Value] {
        let statement = try database.cachedStatement(
            sql: RegistryRows.selectThreads + condition)
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try decode(row)) }
        return values
    }

    private func decoded<Value>(_ rows: RowCursor, _ make: (Row) throws -> Value) throws
        -> [Result<Value, RowDamage>]
    {
        var values: [Result<Value, RowDamage>] = []
        while let row = try rows.next() { values.append(try decode(row, make)) }
        return values
    }

    private func decode<Value>(_ row: Row, _ make: (Row) throws -> Value) throws
        -> Result<Value, RowDamage>
    {
        do {
            return .success(try make(row))
        } catch let damage as RowDamage {
            return .failure(damage)
        }
    }

    private func marks(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ", ")
    }
}
