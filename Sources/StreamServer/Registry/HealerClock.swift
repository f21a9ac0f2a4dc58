package import Journal

/// How a healer tells time, and how it waits.
package struct HealerClock: Sendable {
    /// A clock that only goes forward.
    package var now: @Sendable () -> ContinuousClock.Instant
    /// The time of day.
    package var wall: @Sendable () -> Timestamp
    /// Waits; throws when the task is cancelled.
    package var pause: @Sendable (Duration) async throws -> Void

    /// How long a call may really take for which there is so much time; nil for any time.
    package var limit: @Sendable (Duration) -> Duration?

    /// The machine's.
    package static let system = HealerClock(
        now: { .now }, wall: { .now }, pause: { try await Task.sleep(for: $0) }, limit: { $0 })
}
