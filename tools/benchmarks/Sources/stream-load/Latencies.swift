/// How long deliveries took, kept to about 1 %.
struct Latencies {
    /// Steps in each doubling.
    private static let stepBits = 7
    private static let steps = 1 << stepBits

    private var counts = [UInt64](repeating: 0, count: 40 * Latencies.steps)
    private(set) var count: UInt64 = 0

    /// Adds a time in nanoseconds; below 128 ns it counts as 128.
    mutating func add(_ nanoseconds: UInt64) {
        let value = max(nanoseconds, UInt64(Latencies.steps))
        let power = UInt64.bitWidth - 1 - value.leadingZeroBitCount
        let step = Int(value >> UInt64(power - Latencies.stepBits)) - Latencies.steps
        let place = (power - Latencies.stepBits) * Latencies.steps + step
        counts[min(place, counts.count - 1)] += 1
        count += 1
    }

    /// What so many percent do not exceed, in milliseconds.
    func percentile(_ percent: Double) -> Double {
        let wanted = UInt64((Double(count) * percent / 100).rounded(.up))
        var seen: UInt64 = 0
        for (place, number) in counts.enumerated() where number > 0 {
            seen += number
            guard seen >= wanted else { continue }
            let power = place / Latencies.steps
            let step = place % Latencies.steps + Latencies.steps + 1
            return Double(step << power) / 1e6
        }
        return .nan
    }
}
