import GRDB

/// Why a registry cannot be read now, as the end of a sentence about it.
package enum RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no file.
    case missing
    /// Another program has it locked; it can be read in a moment.
    case busy
    /// It is there, and cannot be read; one sentence says why.
    case unreadable(String)

    /// What SQLite says, in our words.
    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self = (error as? RegistryError) ?? .unreadable("\(error)")
            return
        }
        let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            self = .busy
        case .SQLITE_NOTADB:
            self = .unreadable("this is no SQLite database")
        case .SQLITE_CORRUPT:
            self = .unreadable("the database is damaged (\(message)); mend it, or use a copy")
        case .SQLITE_ERROR where message.hasPrefix("no such "):
            self = .unreadable("this database is no registry: \(message)")
        default:
            self = .unreadable("the database cannot be read: \(message)")
        }
    }

    package var description: String {
        switch self {
        case .missing: "there is no such file"
        case .busy: "another program has the database locked; try again when it is done"
        case .unreadable(let why): why
        }
    }
}
