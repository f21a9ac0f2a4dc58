/// What a histogram has counted.
struct HistogramValues: Hashable, Sendable {
    /// Ascending.
    let bounds: [Double]
    /// How many values were at most a bound and above the one before; last, those above all bounds.
    private(set) var counts: [UInt64]
    /// Of all values.
    private(set) var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Counts a value; one that is no number is dropped.
    mutating func add(_ value: Double) {
        guard !value.isNaN else { return }
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}
