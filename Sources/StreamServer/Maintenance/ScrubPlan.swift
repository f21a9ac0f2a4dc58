/// How a journal is scrubbed while it is served.
package struct ScrubPlan: Hashable, Sendable {
    /// The most bytes that are read in a second, a piece more or less.
    package var bytesPerSecond: Int
    /// From the beginning of a pass to the beginning of the next, unless it takes longer.
    package var intervalSeconds: Int

    package init(bytesPerSecond: Int, intervalSeconds: Int) {
        self.bytesPerSecond = bytesPerSecond
        self.intervalSeconds = intervalSeconds
    }

    /// The most of its time that a scrub works: when the machine is busy and a piece takes long, it
    /// rests longer too.
    private static let restPerWork = 4

    /// How long to rest after a piece of so many bytes that took so long.
    func rest(after bytes: Int, took time: Duration) -> Duration {
        max(
            .seconds(1) * Double(bytes) / Double(bytesPerSecond) - time,
            time * ScrubPlan.restPerWork)
    }
}
