/// Whether the recorder may wait for the registry: once, and after it waited in vain not again
/// for a second.
struct Patience: Sendable {
    /// So long at most the recorder waits.
    static let waitMax = Duration.milliseconds(50)
    /// So long it does not wait after that.
    static let rest = Duration.seconds(1)

    private var restsUntil: ContinuousClock.Instant?

    /// How long the recorder may wait at `now`.
    func wait(at now: ContinuousClock.Instant) -> Duration {
        guard let restsUntil, now < restsUntil else { return Patience.waitMax }
        return .zero
    }

    /// The recorder waited until `now`, and the registry did not have all that it asked for.
    mutating func waitedInVain(at now: ContinuousClock.Instant) {
        restsUntil = now + Patience.rest
    }
}
