/// How long to wait before the next attempt to connect.
///
/// The first retry comes at once, since a service's history heals half a second at most; then the
/// delays double, each drawn at random from the upper half of its step so that clients spread out.
struct RetryDelay: Sendable {
    /// The first retry waits 0 to this.
    static let firstMax = Duration.milliseconds(50)

    /// The first step of the back-off, which every further failure doubles.
    static let step = Duration.milliseconds(100)

    /// Doublings beyond this change nothing: the delay is at its maximum or over an hour.
    private static let doublingsMax = 16

    /// No delay is longer.
    let delayMax: Duration

    /// Failures since the last healthy connection.
    private(set) var failures = 0

    init(delayMax: Duration) {
        self.delayMax = max(delayMax, .zero)
    }

    /// Counts a failure and draws the delay that follows it.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let doublings = min(max(failures - 1, 0), RetryDelay.doublingsMax)
        let share = Double.random(in: 0..<1, using: &generator)
        let delay =
            failures == 0
            ? RetryDelay.firstMax * share
            : min(RetryDelay.step * (1 << doublings), delayMax) * (0.5 + share / 2)
        failures = min(failures + 1, RetryDelay.doublingsMax + 1)
        return min(delay, delayMax)
    }

    /// A connection was healthy: the next failure is the first again.
    mutating func reset() {
        failures = 0
    }
}
