/// A clock that never goes back, in nanoseconds.
package protocol ReplayClock: Sendable {
    /// Nanoseconds since some fixed moment.
    func now() -> UInt64

    /// Returns as soon as ``now()`` is `deadline` or later.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func sleep(until deadline: UInt64) async throws
}
