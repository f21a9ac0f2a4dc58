import Dispatch

/// The machine's monotonic clock, which stands while the machine is suspended.
///
/// Its nanoseconds are those of an event loop's deadlines.
package struct MonotonicClock: ReplayClock {
    /// The longest single sleep: what the system's timers surely hold.
    private static let sleepMax: UInt64 = 3_600_000_000_000

    private let origin = SuspendingClock.now
    private let originNanoseconds = DispatchTime.now().uptimeNanoseconds

    /// The clock.
    package init() {}

    package func now() -> UInt64 {
        DispatchTime.now().uptimeNanoseconds
    }

    package func sleep(until deadline: UInt64) async throws {
        while true {
            let now = now()
            guard now < deadline else { return }
            let wake = min(deadline, now + MonotonicClock.sleepMax) - originNanoseconds
            try await Task.sleep(
                until: origin.advanced(by: .nanoseconds(Int64(clamping: wake))),
                tolerance: .zero, clock: .suspending)
        }
    }
}
