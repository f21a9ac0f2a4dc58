import DequeModule
import Journal

/// What is remembered of an upstream's stream: the newest events of all types, by which its history
/// is judged after a link was lost.
///
/// It may be older than the journal, which at worst makes a gap be told where none is. It must not
/// be newer: what it holds counts as recorded.
struct UpstreamMemory: Hashable, Sendable {
    /// More than any history holds, so that one that overlaps is recognised whole.
    static let keysMax = 256

    /// The keys of what was heard last, oldest first: ``UpstreamEvent/key``.
    private(set) var keys: Deque<UInt64> = []
    /// How often each key is among ``keys``.
    private var counts: [UInt64: Int] = [:]
    /// When what was heard last was said: up to then nothing is missing.
    var heardAt: Timestamp
    /// Whether events were heard that are not among ``keys``, even though there may be none.
    private(set) var isForgetful: Bool

    /// A memory of the given keys.
    init(keys: some Sequence<UInt64> = [], heardAt: Timestamp, isForgetful: Bool = false) {
        self.heardAt = heardAt
        self.isForgetful = isForgetful
        for key in keys { append(key) }
    }

    /// Whether nothing was ever heard on a link.
    var isBlank: Bool { keys.isEmpty && !isForgetful }

    /// How often the event is remembered.
    func count(of key: UInt64) -> Int {
        counts[key, default: 0]
    }

    /// Adds what was heard last; the oldest is forgotten when there are too many.
    mutating func append(_ key: UInt64) {
        keys.append(key)
        counts[key, default: 0] += 1
        guard keys.count > UpstreamMemory.keysMax, let oldest = keys.popFirst() else { return }
        let left = counts[oldest, default: 1] - 1
        counts[oldest] = left > 0 ? left : nil
    }
}
