import Journal

/// What was recorded without what a registry was to add, until it is added.
///
/// Asks again less and less often, and forgets what nobody could answer for an hour.
struct PendingHealing: Sendable {
    /// So much is kept in mind at most.
    static let countMax = 16_384
    private static let firstDelay = Duration.milliseconds(250)
    private static let delayMax = Duration.seconds(30)
    private static let ageMax = Duration.seconds(3600)

    /// One thing that is missing.
    struct Entry: Hashable, Sendable {
        let need: HealingNeed
        /// What the event was known by when it came.
        let key: UInt64?
        /// The run that the event names itself.
        let run: RunID?
        /// The thread that it names.
        let thread: String?
        /// When it was recorded.
        let at: Timestamp
        fileprivate(set) var since: ContinuousClock.Instant?
        fileprivate(set) var delay = PendingHealing.firstDelay
        fileprivate(set) var next: ContinuousClock.Instant?
    }

    private var entries: [Entry] = []
    /// From when on something was forgotten for lack of room, and is to be looked for elsewhere.
    private var forgottenSince: Timestamp?

    /// Whether nothing is missing.
    var isEmpty: Bool { entries.isEmpty && forgottenSince == nil }

    /// Keeps in mind what is missing; where there is no room, only since when.
    mutating func add(_ new: [Entry], at now: ContinuousClock.Instant) {
        for var entry in new {
            guard entries.count < PendingHealing.countMax else {
                forgottenSince = min(forgottenSince ?? entry.at, entry.at)
                continue
            }
            entry.since = now
            entry.next = now + entry.delay
            entries.append(entry)
        }
    }

    /// Takes out up to `limit` entries that are due.
    mutating func takeDue(at now: ContinuousClock.Instant, limit: Int) -> [Entry] {
        var due: [Entry] = []
        entries.removeAll { entry in
            guard due.count < limit, entry.next.map({ $0 <= now }) ?? true else { return false }
            due.append(entry)
            return true
        }
        return due
    }

    /// Puts back what could not be asked for: it is due at once.
    mutating func putBack(_ unasked: [Entry]) {
        entries += unasked
    }

    /// Puts back what the registry did not have.
    mutating func postpone(_ unanswered: [Entry], at now: ContinuousClock.Instant) {
        for var entry in unanswered {
            if let since = entry.since, now - since > PendingHealing.ageMax { continue }
            entry.delay = min(entry.delay * 2, PendingHealing.delayMax)
            entry.next = now + entry.delay
            entries.append(entry)
        }
    }

    /// Since when something was forgotten; asked for once.
    mutating func takeForgotten() -> Timestamp? {
        defer { forgottenSince = nil }
        return forgottenSince
    }
}
