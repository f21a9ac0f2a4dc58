import Foundation
import GRDB
import Journal

/// One row of a query, read column by column from the left.
///
/// SQLite holds any value in any column, so nothing is taken for granted: each column is selected
/// as ``columns(_:)`` writes it, its type before its bytes.
struct RegistryRow {
    /// The most bytes of a thread's or a message's id.
    static let idBytesMax = 1024
    private static let shownBytesMax = 80

    private let row: Row
    private let encoding: RegistryEncoding
    private var index: Int
    /// The kind of row, and its id once that is read: how reports call it.
    private(set) var label: String

    /// A row of a `kind`, whose first column is its number.
    init(_ row: Row, kind: String, _ encoding: RegistryEncoding) throws {
        self.row = row
        self.encoding = encoding
        label = "\(kind) in row \(try row.decode(Int64.self, atIndex: 0))"
        index = 1
    }

    /// How to select columns that are read here.
    static func columns(_ names: [String]) -> String {
        names.map { "typeof(\($0)), CAST(\($0) AS BLOB)" }.joined(separator: ", ")
    }

    /// The text in the next column; nil for NULL.
    mutating func optionalText(_ name: String) throws -> String? {
        defer { index += 2 }
        switch try row.decode(String.self, atIndex: index) {
        case "null":
            return nil
        case "text":
            let bytes = try row.decode(Data?.self, atIndex: index + 1) ?? Data()
            guard let text = encoding.text(bytes) else { throw damage("\(name) is no valid text") }
            return text
        case let type:
            throw damage("\(name) is not a text but \(type)")
        }
    }

    /// The text in the next column.
    mutating func text(_ name: String) throws -> String {
        guard let text = try optionalText(name) else { throw damage("\(name) is NULL") }
        return text
    }

    /// The row's own id in the next column, by which it is called from then on.
    mutating func id(_ name: String, of kind: String) throws -> String {
        let text = try identifier(name)
        label = "\(kind) \(RegistryRow.shown(text))"
        return text
    }

    /// An id in the next column.
    mutating func identifier(_ name: String) throws -> String {
        let text = try text(name)
        guard (1...RegistryRow.idBytesMax).contains(text.utf8.count) else {
            throw damage(
                "\(name) has \(text.utf8.count) bytes, not 1 to \(RegistryRow.idBytesMax)")
        }
        return text
    }

    /// The run in the next column; nil for NULL.
    mutating func optionalRun(_ name: String) throws -> RunID? {
        guard let text = try optionalText(name) else { return nil }
        guard let run = RunID(text) else {
            throw damage(
                "\(name) is not 1 to \(RunID.bytesMax) bytes without control characters")
        }
        return run
    }

    /// The moment in the next column, and how it is written; nil for NULL.
    mutating func optionalTime(_ name: String) throws -> RegistryTime? {
        guard let text = try optionalText(name) else { return nil }
        guard let time = Timestamp(rfc3339: text) else { throw damage("\(name) is no time") }
        return RegistryTime(text: text, moment: time)
    }

    /// The moment in the next column, and how it is written.
    mutating func time(_ name: String) throws -> RegistryTime {
        guard let time = try optionalTime(name) else { throw damage("\(name) is NULL") }
        return time
    }

    /// The metadata in the next column, NULL being an empty object.
    mutating func metadata(_ name: String) throws -> RegistryMetadata {
        RegistryMetadata(try optionalText(name))
    }

    /// That this row makes no sense, because of `reason`.
    func damage(_ reason: String) -> RowDamage {
        RowDamage(row: label, reason: reason)
    }

    /// Texts of others on one line of a report: short, and without control characters.
    private static func shown(_ text: String) -> String {
        let plain = text.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : Character(scalar)
        }
        return plain.count <= shownBytesMax
            ? String(plain) : String(plain.prefix(shownBytesMax)) + "…"
    }
}
