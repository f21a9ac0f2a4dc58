import GRDB
import Glibc
import Journal

/// A registry database: another program's live SQLite file, read and never written.
///
/// Belongs to one thread at a time, and there may be only one for a file in a process: what closes
/// a file drops the locks that SQLite holds on it. All methods block. Each read is a transaction
/// of its own and must be short, since it keeps writers from committing where the database does
/// not use a write-ahead log.
package final class RegistryFile {
    private static let attemptsMax = 3
    /// The first bytes of each SQLite database.
    package static let magic = Array("SQLite format 3\0".utf8)
    private static let logVersion: UInt8 = 2

    package let path: String
    private let busySecondsMax: Double
    private var connection: Connection?

    private struct Connection {
        let database: DatabaseQueue
        let identity: FileState.Identity
        /// Opened as a file that nobody changes, and good for one read alone.
        let isFrozen: Bool
        let encoding: RegistryEncoding
    }

    /// A registry at `path`, which is opened when it is read first; a lock is waited for up to
    /// `busySecondsMax`.
    package init(path: String, busySecondsMax: Double = 0) {
        self.path = path
        self.busySecondsMax = busySecondsMax
    }

    /// Reads in one transaction.
    func read<Value>(_ body: (RegistryRows) throws -> Value) throws(RegistryError) -> Value {
        for _ in 0..<RegistryFile.attemptsMax {
            let connection = try connected()
            let before = FileState(path)
            do {
                let value = try connection.database.read {
                    try body(RegistryRows($0, connection.encoding))
                }
                guard connection.isFrozen else { return value }
                close()
                if !hasLog, before != nil, FileState(path) == before { return value }
            } catch {
                let problem = RegistryError(error)
                if problem != .busy || connection.isFrozen { close() }
                throw problem
            }
        }
        throw .busy
    }

    /// Lets the file go until it is read again, so that the program that writes to it can tidy up.
    func close() {
        try? connection?.database.close()
        connection = nil
    }

    private var hasLog: Bool { unsafe access(path + "-wal", F_OK) == 0 }

    private func connected() throws(RegistryError) -> Connection {
        guard let state = FileState(path) else {
            close()
            throw .missing
        }
        if let connection, connection.identity == state.identity { return connection }
        close()
        do {
            let opened = try open(state)
            connection = opened
            return opened
        } catch {
            throw RegistryError(error)
        }
    }

    /// A database with a write-ahead log that nobody has open is read as it stands: SQLite would
    /// make files beside it, and leave them there.
    private func open(_ state: FileState) throws -> Connection {
        var configuration = Configuration()
        configuration.label = "tapedeck-registry"
        configuration.readonly = true
        configuration.foreignKeysEnabled = false
        configuration.busyMode = busySecondsMax > 0 ? .timeout(busySecondsMax) : .immediateError
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
        }
        let version = RegistryFile.firstBytes(of: path).dropFirst(RegistryFile.magic.count + 2)
        let usesLog = version.first == RegistryFile.logVersion
        var database: DatabaseQueue?
        if usesLog, !hasLog {
            database = try? DatabaseQueue(path: frozenAddress, configuration: configuration)
        }
        let isFrozen = database != nil
        let opened = try database ?? DatabaseQueue(path: path, configuration: configuration)
        return Connection(
            database: opened, identity: state.identity, isFrozen: isFrozen,
            encoding: try opened.read { try RegistryEncoding($0) })
    }

    /// The path as a URI that says that the file does not change.
    private var frozenAddress: String {
        let escaped = path.utf8.map { byte in
            let isPlain = UnicodeScalar(byte).properties.isAlphabetic && byte < 0x80
            return isPlain || byte == UInt8(ascii: "/")
                ? String(UnicodeScalar(byte))
                : "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "file:" + escaped.joined() + "?immutable=1"
    }

    /// Whether the file at `path` is a SQLite database, by its first bytes.
    package static func isDatabase(_ path: String) -> Bool {
        firstBytes(of: path).starts(with: magic)
    }

    /// The first bytes of a file; none where it cannot be read.
    private static func firstBytes(of path: String) -> [UInt8] {
        let file = try? POSIXFileSystem().open(path, for: .reading)
        return (try? file?.read(magic.count + 4, at: .zero)) ?? []
    }
}
