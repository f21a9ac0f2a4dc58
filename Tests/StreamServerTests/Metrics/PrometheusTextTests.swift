import Testing

@testable import StreamServer

@Suite("Prometheus text")
struct PrometheusTextTests {
    @Test("a family has its help, its type, and a line for each series")
    func family() {
        var text = PrometheusText()
        text.begin(MetricFamily("a_total", .counter, "What it is."))
        text.add("a_total", MetricLabels(), 3)
        text.add("a_total", MetricLabels([("x", "1"), ("y", "2")]), 0.5)
        text.begin(MetricFamily("b", .gauge, "Other."))
        let expected = """
            # HELP a_total What it is.
            # TYPE a_total counter
            a_total 3
            a_total{x="1",y="2"} 0.5
            # HELP b Other.
            # TYPE b gauge

            """
        #expect(text.text == expected)
    }

    @Test("backslashes and line breaks are escaped, in labels quotes too")
    func escaping() {
        var text = PrometheusText()
        text.begin(MetricFamily("a", .gauge, "one \\ two\n\"three\""))
        text.add("a", MetricLabels([("x", "C:\\ \"ü\"\nend")]), 1)
        let lines = text.text.split(separator: "\n")
        #expect(lines[0] == #"# HELP a one \\ two\n"three""#)
        #expect(lines[2] == #"a{x="C:\\ \"ü\"\nend"} 1"#)
        #expect(lines.count == 3)
    }

    @Test(
        "numbers are written as Prometheus reads them",
        arguments: [
            (0, "0"), (-1, "-1"), (0.1, "0.1"), (1e300, "1e+300"), (0x1p53, "9007199254740992"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (2.5e-7, "2.5e-07"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }

    @Test("a histogram counts what is at most each bound, and tells sum and number")
    func histogram() {
        var values = HistogramValues(bounds: [0.1, 1])
        for value in [0.05, 0.1, 0.2, 1.5, .nan] { values.add(value) }
        var text = PrometheusText()
        let family = MetricFamily("s", .histogram(bounds: [0.1, 1]), "Sizes.")
        text.begin(family)
        text.add(family, MetricLabels([("k", "v")]), values)
        let expected = """
            # HELP s Sizes.
            # TYPE s histogram
            s_bucket{k="v",le="0.1"} 2
            s_bucket{k="v",le="1"} 3
            s_bucket{k="v",le="+Inf"} 4
            s_sum{k="v"} 1.85
            s_count{k="v"} 4

            """
        #expect(text.text == expected)
    }
}
