import Foundation
import GRDB

/// How a database keeps its texts.
enum RegistryEncoding: Sendable {
    case utf8
    case utf16LittleEndian
    case utf16BigEndian

    /// The encoding of an open database.
    init(_ database: Database) throws {
        switch try String.fetchOne(database, sql: "PRAGMA encoding") {
        case "UTF-16le": self = .utf16LittleEndian
        case "UTF-16be": self = .utf16BigEndian
        default: self = .utf8
        }
    }

    /// The text of these bytes; nil when they are none.
    func text(_ bytes: Data) -> String? {
        switch self {
        case .utf8:
            return String(validating: bytes, as: UTF8.self)
        case .utf16LittleEndian, .utf16BigEndian:
            guard bytes.count.isMultiple(of: 2) else { return nil }
            let isLittle = self == .utf16LittleEndian
            let units = stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { place in
                let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
                return isLittle ? second << 8 | first : first << 8 | second
            }
            return String(validating: units, as: UTF16.self)
        }
    }
}
