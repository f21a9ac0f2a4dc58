/// Whether the recorder may wait for the registry: once, and after it waited in vain not again
/// for a second, nor before a lock that it met is gone.
struct Patience: Sendable {
    /// So long at most the recorder waits.
    static let waitMax = Duration.milliseconds(50)
    /// So long it does not wait after that.
    static let rest = Duration.seconds(1)

    private var restsUntil: ContinuousClock.Instant?
    private var isLocked = false

    /// How long the recorder may wait at `now`.
    func wait(at now: ContinuousClock.Instant) -> Duration {
        guard let restsUntil else { return Patience.waitMax }
        return isLocked || now < restsUntil ? .zero : Patience.waitMax
    }

    /// The recorder waited until `now`, and the registry, which was locked or did not have it, did
    /// not tell all that it was asked for.
    mutating func waitedInVain(at now: ContinuousClock.Instant, isLocked: Bool) {
        restsUntil = now + Patience.rest
        self.isLocked = isLocked
    }

    /// The registry answered.
    mutating func answered() {
        isLocked = false
    }
}
