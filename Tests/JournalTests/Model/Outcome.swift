@testable import Journal
import TestSupport

/// What a start came to: all that can be read, and where ids lead.
struct Outcome {
    private let records: [Record]
    private let gaps: [Gap]
    private let end: Offset
    private let resolutions: [EpochChain.Resolution]

    init(_ journal: Journal, _ given: [(id: EventID, record: Record)]) throws {
        let items = try journal.readAll(.all) + journal.readAll(.run(.unassigned))
        records = items.records
        gaps = items.gaps
        end = journal.end
        resolutions = given.map { journal.epochs.resolve($0.id, end: journal.end) }
    }

    /// How another one differs; nil when it does not.
    func difference(_ other: Outcome) -> String? {
        if end != other.end { return "ends \(end.rawValue), \(other.end.rawValue)" }
        if gaps != other.gaps { return "gaps \(gaps), \(other.gaps)" }
        if records != other.records {
            return "records \(records.map(\.offset.rawValue)), "
                + "\(other.records.map(\.offset.rawValue))"
        }
        return resolutions == other.resolutions ? nil : "where ids lead"
    }
}
