/// The labels of one series, in the order in which they are shown.
struct MetricLabels: Hashable, Sendable {
    /// One of them.
    struct Label: Hashable, Sendable {
        var name: String
        var value: String
    }

    private(set) var labels: [Label]

    init(_ pairs: [(String, String)] = []) {
        labels = pairs.map { Label(name: $0.0, value: $0.1) }
    }

    /// These, and one more behind them.
    func adding(_ name: String, _ value: String) -> MetricLabels {
        var all = self
        all.labels.append(Label(name: name, value: value))
        return all
    }
}
