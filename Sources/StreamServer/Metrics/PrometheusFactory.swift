import CoreMetrics
import Journal

/// Keeps the series of metrics, and writes them as Prometheus reads them.
///
/// A series exists from the first time that it is asked for, and asking again yields the same. A
/// name that is not among the families it was made with gets a family of its own.
final class PrometheusFactory: Sendable {
    /// Of histograms that are of no family, in the unit of their values.
    private static let otherBounds = [0.001, 0.01, 0.1, 1, 10]

    private enum Series: Sendable {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)
        /// A value that is kept elsewhere and looked at when it is shown.
        case read(@Sendable () -> Double)
    }

    private struct Member: Sendable {
        let labels: MetricLabels
        let series: Series
    }

    private struct Content: Sendable {
        var families: [String: MetricFamily] = [:]
        var members: [String: [Member]] = [:]
    }

    private let content: Locked<Content>

    /// A factory that knows these families, each under its name.
    init(_ families: some Sequence<MetricFamily>) {
        var content = Content()
        for family in families { content.families[family.name] = family }
        self.content = Locked(content)
    }

    /// Shows what `read` returns, as the series of `name` with these labels.
    func observe(
        _ name: String, _ labels: [(String, String)] = [], read: @escaping @Sendable () -> Double
    ) {
        _ = series(name, labels, .gauge) { _ in .read(read) }
    }

    /// All series, in the text format; families by name, series as they were made.
    func exposition() -> String {
        let content = content.withLock { $0 }
        var text = PrometheusText()
        for family in content.families.values.sorted(by: { $0.name < $1.name }) {
            guard let members = content.members[family.name] else { continue }
            text.begin(family)
            for member in members {
                switch member.series {
                case .counter(let series):
                    text.add(family.name, member.labels, Double(series.value))
                case .gauge(let series): text.add(family.name, member.labels, series.value)
                case .histogram(let series): text.add(family, member.labels, series.values)
                case .read(let read): text.add(family.name, member.labels, read())
                }
            }
        }
        return text.text
    }

    private func series(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind,
        _ make: (MetricFamily) -> Series
    ) -> Series {
        let name = PrometheusFactory.name(label)
        let labels = MetricLabels(dimensions.map { (PrometheusFactory.name($0.0), $0.1) })
        return content.withLock { content in
            let known = content.members[name]?.first { $0.labels == labels }
            if let known { return known.series }
            let family = content.families[name] ?? MetricFamily(name, kind, label)
            content.families[name] = family
            let member = Member(labels: labels, series: make(family))
            content.members[name, default: []].append(member)
            return member.series
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        let other = MetricFamily.Kind.histogram(bounds: PrometheusFactory.otherBounds)
        let series = series(label, dimensions, other) { family in
            guard case .histogram(let bounds) = family.kind else {
                return .histogram(HistogramSeries(bounds: []))
            }
            return .histogram(HistogramSeries(bounds: bounds))
        }
        guard case .histogram(let histogram) = series else { return HistogramSeries(bounds: []) }
        return histogram
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        let series = series(label, dimensions, .gauge) { _ in .gauge(GaugeSeries()) }
        guard case .gauge(let gauge) = series else { return GaugeSeries() }
        return gauge
    }

    /// What is allowed in a name of `text`, with `_` for the rest.
    private static func name(_ text: String) -> String {
        let name = String(
            text.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == ":" ? $0 : "_" })
        return name.first?.isNumber ?? true ? "_" + name : name
    }
}

// A series that is asked for as another kind than it has counts where nobody looks.
extension PrometheusFactory: MetricsFactory {
    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let series = series(label, dimensions, .counter) { _ in .counter(CounterSeries()) }
        guard case .counter(let counter) = series else { return CounterSeries() }
        return counter
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
        -> any RecorderHandler
    {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

    func destroyMeter(_ handler: any MeterHandler) { remove(handler) }

    func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

    func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func remove(_ handler: AnyObject) {
        content.withLock { content in
            for (name, members) in content.members {
                let rest = members.filter { member in
                    switch member.series {
                    case .counter(let series): series !== handler
                    case .gauge(let series): series !== handler
                    case .histogram(let series): series !== handler
                    case .read: true
                    }
                }
                content.members[name] = rest.isEmpty ? nil : rest
            }
        }
    }
}
