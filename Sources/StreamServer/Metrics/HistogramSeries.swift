import CoreMetrics
import Journal

/// A series that counts values by their size; durations in seconds.
final class HistogramSeries: RecorderHandler, TimerHandler {
    private let content: Locked<HistogramValues>

    init(bounds: [Double]) {
        content = Locked(HistogramValues(bounds: bounds))
    }

    var values: HistogramValues { content.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) { content.withLock { $0.add(value) } }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
