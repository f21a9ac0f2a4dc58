import CEvents
import Glibc

/// A timer that a ``Poller`` can wait for.
struct PollTimer {
    let descriptor: Int32

    init(every seconds: Double) throws(LoadError) {
        descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK))
        guard descriptor >= 0 else { throw LoadError(call: "timerfd_create") }
        let whole = Int(seconds)
        let pause = timespec(tv_sec: whole, tv_nsec: Int((seconds - Double(whole)) * 1e9))
        var setting = itimerspec(it_interval: pause, it_value: pause)
        guard unsafe timerfd_settime(descriptor, 0, &setting, nil) == 0 else {
            throw LoadError(call: "timerfd_settime")
        }
    }

    /// Forgets that it went off.
    func clear() {
        var times: UInt64 = 0
        _ = unsafe read(descriptor, &times, MemoryLayout<UInt64>.size)
    }
}
