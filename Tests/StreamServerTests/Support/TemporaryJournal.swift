import Foundation
import Journal

/// Runs `body` with a new journal in a directory that is gone afterwards.
func withJournal(_ body: (Journal) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory
        .appending(path: "journal-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let journal = try Journal.open(directory, options: Journal.Options(durability: .os))
    do {
        try await body(journal)
    } catch {
        try? journal.close()
        throw error
    }
    try journal.close()
}

extension Journal {
    /// Appends an event of a run.
    @discardableResult
    func append(_ data: String, run name: String, type: String = "t") async throws -> Receipt {
        guard let type = EventType(type) else { throw NoSuchName(name: type) }
        return try await append([
            Draft(try Event(type: type, data: Array(data.utf8)), run: try runID(name))
        ])
    }
}
