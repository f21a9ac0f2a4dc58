import Glibc

/// What a journal takes from the world around it: files, clocks and randomness.
package struct Environment: Sendable {
    /// Where files are kept.
    package var fileSystem: any FileSystem
    /// The machine's clocks.
    package var now: @Sendable () -> IngestTime
    /// 64 random bits.
    package var random: @Sendable () -> UInt64
    /// Whether SQLite can keep a catalog beside the segments.
    package var keepsCatalog: Bool
    /// Whether a pause of a second in real time makes the evidence of the last commit durable; else
    /// only ``now`` tells when that is due, at the next commit.
    package var settlesWhenIdle: Bool

    /// The given world.
    package init(
        fileSystem: any FileSystem, now: @escaping @Sendable () -> IngestTime,
        random: @escaping @Sendable () -> UInt64, keepsCatalog: Bool, settlesWhenIdle: Bool = true
    ) {
        self.fileSystem = fileSystem
        self.now = now
        self.random = random
        self.keepsCatalog = keepsCatalog
        self.settlesWhenIdle = settlesWhenIdle
    }

    /// The machine that the program runs on.
    package static func system() -> Environment {
        let boot = systemBootID()
        return Environment(
            fileSystem: POSIXFileSystem(),
            now: {
                IngestTime(
                    wall: Timestamp(microseconds: microseconds(CLOCK_REALTIME)),
                    monotonicMicroseconds: UInt64(microseconds(CLOCK_BOOTTIME)), boot: boot)
            },
            random: { UInt64.random(in: .min ... .max) }, keepsCatalog: true)
    }

    fileprivate static func microseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// The kernel's name for this boot; where it has none, a name that no other start shares, so
    /// that the monotonic clock is never trusted across starts.
    private static func systemBootID() -> BootID {
        let path = "/proc/sys/kernel/random/boot_id"
        if let file = try? POSIXFileSystem().open(path, for: .reading),
            let bytes = try? file.read(64, at: .zero),
            let boot = BootID(uuid: String(decoding: bytes, as: UTF8.self))
        {
            return boot
        }
        return BootID(
            high: UInt64.random(in: .min ... .max), low: UInt64.random(in: .min ... .max))
    }
}

/// Draws from an environment's randomness.
struct EnvironmentRandom: RandomNumberGenerator {
    let environment: Environment

    mutating func next() -> UInt64 {
        environment.random()
    }
}

extension Timestamp {
    /// This moment, by the machine's wall clock.
    package static var now: Timestamp {
        Timestamp(microseconds: Environment.microseconds(CLOCK_REALTIME))
    }
}
