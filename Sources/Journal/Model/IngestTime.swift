/// When a record was taken in, by three clocks.
///
/// Within one boot of the machine the monotonic clock tells how far apart two records came; across
/// boots only the wall clock can.
public struct IngestTime: Hashable, Sendable {
    /// The wall clock, in UTC.
    public var wall: Timestamp
    /// Microseconds on the machine's monotonic clock; comparable within one `boot` alone.
    public var monotonicMicroseconds: UInt64
    /// Which boot of which machine.
    public var boot: BootID

    /// A moment by all three clocks.
    public init(wall: Timestamp, monotonicMicroseconds: UInt64, boot: BootID) {
        self.wall = wall
        self.monotonicMicroseconds = monotonicMicroseconds
        self.boot = boot
    }
}

/// One boot of one machine: 16 bytes, as `/proc/sys/kernel/random/boot_id` tells on Linux.
public struct BootID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    /// A boot by its 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Parses a UUID's 32 hexadecimal digits; hyphens are passed over.
    init?(uuid text: some StringProtocol) {
        let digits = String(text.filter(\.isHexDigit))
        guard digits.count == 32, let high = UInt64(digits.prefix(16), radix: 16),
            let low = UInt64(digits.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}
