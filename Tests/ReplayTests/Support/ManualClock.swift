import Replay
import Synchronization

/// A clock that moves only when someone sleeps: at once, to the deadline and so much further.
final class ManualClock: ReplayClock {
    private let state: Mutex<(now: UInt64, sleeps: [UInt64])>
    private let oversleep: UInt64

    init(now: UInt64 = 1000, oversleep: UInt64 = 0) {
        state = Mutex((now, []))
        self.oversleep = oversleep
    }

    /// The deadlines that were slept for.
    var sleeps: [UInt64] { state.withLock { $0.sleeps } }

    func now() -> UInt64 { state.withLock { $0.now } }

    func advance(_ nanoseconds: UInt64) {
        state.withLock { $0.now += nanoseconds }
    }

    func sleep(until deadline: UInt64) async throws {
        try Task.checkCancellation()
        state.withLock {
            $0.sleeps.append(deadline)
            $0.now = max($0.now, deadline + oversleep)
        }
    }
}
