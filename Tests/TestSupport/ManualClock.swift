package import Journal

/// Clocks that move when a test says so, and a microsecond each time they are read.
package final class ManualClock: Sendable {
    private let time: Locked<IngestTime>

    /// The first boot of a machine, in 2026.
    package init() {
        time = Locked(
            IngestTime(
                wall: Timestamp(microseconds: 1_795_000_000_000_000),
                monotonicMicroseconds: 5_000_000, boot: BootID(high: 1, low: 1)))
    }

    /// This moment.
    package func now() -> IngestTime {
        time.withLock { time in
            time.wall = Timestamp(microseconds: time.wall.microseconds + 1)
            time.monotonicMicroseconds += 1
            return time
        }
    }

    /// Lets time pass on both clocks.
    package func advance(microseconds: Int) {
        time.withLock { time in
            time.wall = Timestamp(microseconds: time.wall.microseconds + Int64(microseconds))
            time.monotonicMicroseconds += UInt64(microseconds)
        }
    }

    /// Sets the wall clock alone, as an administrator does.
    package func shiftWall(microseconds: Int64) {
        time.withLock { time in
            time.wall = Timestamp(microseconds: time.wall.microseconds + microseconds)
        }
    }

    /// Boots the machine again: another boot id, and a monotonic clock that begins anew.
    package func reboot() {
        time.withLock { time in
            time.wall = Timestamp(microseconds: time.wall.microseconds + 30_000_000)
            time.monotonicMicroseconds = 1_000_000
            time.boot = BootID(high: 1, low: UInt64(bitPattern: time.wall.microseconds))
        }
    }
}
