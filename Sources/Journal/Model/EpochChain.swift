/// The epochs of a journal, each with the offset at which its successor forked off.
///
/// An id of an older epoch below that offset still names the record that it always named.
public struct EpochChain: Hashable, Sendable {
    private struct Past: Hashable {
        var epoch: Epoch
        /// Ids at or above this may have come to mean another record.
        var end: Offset
    }

    private var past: [Past] = []
    /// The epoch of ids that are given out now; nil in a chain without a journal.
    public private(set) var current: Epoch?

    /// Where an id leads.
    public enum Resolution: Hashable, Sendable {
        /// Everything after the cursor follows, and nothing else.
        case exact(Cursor)
        /// The id is of an epoch that is not in the chain, or above the fork that ended it.
        case unknownEpoch
        /// The id is above everything that there is.
        case ahead
    }

    init() {}

    /// The chain of a new journal.
    package init(first: Epoch) {
        current = first
    }

    /// Begins `epoch`: ids of the current one are good below `offset` alone.
    package mutating func fork(to epoch: Epoch, at offset: Offset) {
        if let current { past.append(Past(epoch: current, end: offset)) }
        self.current = epoch
    }

    /// Whether ids of `epoch` were ever given out.
    func contains(_ epoch: Epoch) -> Bool {
        epoch == current || past.contains { $0.epoch == epoch }
    }

    /// Where a reader with `id` stands in a journal of which all before `end` can be read.
    public func resolve(_ id: EventID, end: Offset) -> Resolution {
        let cursor = Cursor(after: id.offset)
        if id.epoch == nil || id.epoch == current {
            return cursor.next <= end ? .exact(cursor) : .ahead
        }
        guard let place = past.firstIndex(where: { $0.epoch == id.epoch }) else {
            return .unknownEpoch
        }
        let limit = past[place...].map(\.end).min() ?? end
        return cursor.next <= limit && cursor.next <= end ? .exact(cursor) : .unknownEpoch
    }
}
