/// Writes metrics in the text format that Prometheus reads, version 0.0.4.
struct PrometheusText {
    /// What the format is declared as.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What was written so far.
    private(set) var text = ""

    /// Begins a family; its series follow before the next one begins.
    mutating func begin(_ family: MetricFamily) {
        let kind =
            switch family.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        text += "# HELP \(family.name) \(PrometheusText.escaped(family.help))\n"
        text += "# TYPE \(family.name) \(kind)\n"
    }

    /// Adds one value of a series.
    mutating func add(_ name: String, _ labels: MetricLabels, _ value: Double) {
        text += name
        if !labels.labels.isEmpty {
            let pairs = labels.labels.map {
                "\($0.name)=\"\(PrometheusText.escaped($0.value, quotes: true))\""
            }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(PrometheusText.number(value))\n"
    }

    /// Adds the values of a histogram: how many were at most each bound, their sum and number.
    mutating func add(_ family: MetricFamily, _ labels: MetricLabels, _ values: HistogramValues) {
        var count: UInt64 = 0
        for (bound, more) in zip(values.bounds + [.infinity], values.counts) {
            count += more
            add(
                family.name + "_bucket", labels.adding("le", PrometheusText.number(bound)),
                Double(count))
        }
        add(family.name + "_sum", labels, values.sum)
        add(family.name + "_count", labels, Double(count))
    }

    /// A number as Prometheus reads it; a whole one without a fraction.
    static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
