/// Whether a registry can be read, and what is to be said of it.
struct RegistryStanding: Sendable {
    /// A lock is nothing worth saying for so long.
    private static let busyMax = Duration.seconds(5)

    /// What is to be said.
    enum Change: Hashable, Sendable {
        case isReadable
        case isNot(RegistryError)
    }

    private var problem: RegistryError?
    private var busySince: ContinuousClock.Instant?
    /// Whether it has been tried at all, and was not merely locked.
    private(set) var isKnown = false

    /// Notes how reading went at `now`; returns what is worth saying.
    mutating func note(_ new: RegistryError?, at now: ContinuousClock.Instant) -> Change? {
        if new == .busy {
            let since = busySince ?? now
            busySince = since
            guard now - since > RegistryStanding.busyMax else { return nil }
        } else {
            busySince = nil
        }
        isKnown = true
        guard new != problem else { return nil }
        problem = new
        return new.map { .isNot($0) } ?? .isReadable
    }
}
