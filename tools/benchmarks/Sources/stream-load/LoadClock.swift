import Glibc

/// The monotonic clock that all processes of a machine share, in nanoseconds.
enum LoadClock {
    static var now: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The moment so many seconds from now.
    static func after(_ seconds: Double) -> UInt64 { now + UInt64(seconds * 1e9) }
}
