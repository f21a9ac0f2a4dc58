import Journal
import Synchronization

/// A source over a list, with pages of so many items and an empty page before each, as a sparse
/// run has them.
final class ListSource: RecordSource {
    let items: [ReadPage.Item]
    private let itemsPerPage: Int
    private let failsAt: Int?
    private let isSparse: Bool
    private let progress = Mutex((reads: 0, furthest: 0, saidEmptyAt: -1))

    init(
        _ items: [ReadPage.Item], itemsPerPage: Int = 3, isSparse: Bool = false,
        failsAt: Int? = nil
    ) {
        self.items = items
        self.itemsPerPage = itemsPerPage
        self.isSparse = isSparse
        self.failsAt = failsAt
    }

    var reads: Int { progress.withLock { $0.reads } }
    /// The most items that were ever read.
    var furthest: Int { progress.withLock { $0.furthest } }

    func read(_ selection: Selection, from cursor: Cursor, bytesMax: Int) throws(JournalError)
        -> ReadPage
    {
        let first =
            items.firstIndex {
                switch $0 {
                case .record(let record): record.offset >= cursor.next
                case .gap(let gap): gap.range.lowerBound >= cursor.next
                }
            } ?? items.count
        let isEmpty = progress.withLock {
            $0.reads += 1
            guard isSparse, $0.saidEmptyAt != first else { return false }
            $0.saidEmptyAt = first
            return true
        }
        if isEmpty { return ReadPage(items: [], cursor: cursor, isAtEnd: false) }
        if let failsAt, first >= failsAt { throw JournalError(.io, "planted") }
        let last = min(first + itemsPerPage, items.count)
        progress.withLock { $0.furthest = max($0.furthest, last) }
        let found = page(Array(items[first..<last]))
        return ReadPage(
            items: found.items, cursor: last > first ? found.cursor : cursor,
            isAtEnd: last == items.count)
    }

    func extent(of selection: Selection) throws(JournalError) -> Extent? {
        let records = ReadPage(items: items, cursor: .start, isAtEnd: true).records
        guard let first = records.first, let last = records.last else { return nil }
        return Extent(
            first: first.offset, last: last.offset, firstAt: first.recordedAt,
            lastAt: last.recordedAt)
    }
}
