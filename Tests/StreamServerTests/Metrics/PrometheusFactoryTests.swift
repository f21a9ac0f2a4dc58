import CoreMetrics
import Journal
import Testing

@testable import StreamServer

@Suite("Prometheus factory")
struct PrometheusFactoryTests {
    private let factory = PrometheusFactory([
        MetricFamily("hits_total", .counter, "Hits."), MetricFamily("level", .gauge, "Level."),
        MetricFamily("wait_seconds", .histogram(bounds: [0.1, 1]), "Waits."),
        MetricFamily("unused", .gauge, "Never shown."),
    ])

    private var lines: [String] {
        factory.exposition().split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    @Test("a counter only grows; who asks again gets the same one")
    func counters() {
        let labels = [("a", "1")]
        Counter(label: "hits_total", dimensions: labels, factory: factory).increment(by: 2)
        Counter(label: "hits_total", dimensions: labels, factory: factory).increment()
        Counter(label: "hits_total", dimensions: labels, factory: factory).increment(by: -5)
        Counter(label: "hits_total", factory: factory).increment()
        #expect(lines == [#"hits_total{a="1"} 3"#, "hits_total 1"])
        #expect(
            factory.exposition().hasPrefix("# HELP hits_total Hits.\n# TYPE hits_total counter"))
    }

    @Test("a gauge shows what it was last set to")
    func gauges() {
        let meter = Meter(label: "level", factory: factory)
        meter.set(5)
        meter.increment(by: 2.5)
        meter.decrement(by: 1)
        #expect(lines == ["level 6.5"])
        Gauge(label: "level", factory: factory).record(-1)
        #expect(lines == ["level -1"])
    }

    @Test("a timer counts seconds")
    func timers() {
        let timer = Timer(label: "wait_seconds", factory: factory)
        timer.recordMilliseconds(50)
        timer.recordSeconds(2)
        #expect(
            lines == [
                #"wait_seconds_bucket{le="0.1"} 1"#, #"wait_seconds_bucket{le="1"} 1"#,
                #"wait_seconds_bucket{le="+Inf"} 2"#, "wait_seconds_sum 2.05",
                "wait_seconds_count 2",
            ])
    }

    @Test("what is kept elsewhere is looked at when it is shown")
    func reads() {
        let value = Locked(1.0)
        factory.observe("level", [("of", "x")]) { value.withLock { $0 } }
        #expect(lines == [#"level{of="x"} 1"#])
        value.withLock { $0 = 2 }
        #expect(lines == [#"level{of="x"} 2"#])
    }

    @Test("a name or label that Prometheus would not take is made one that it takes")
    func names() {
        Counter(label: "http.requests/s ü", dimensions: [("a-b", "c")], factory: factory)
            .increment()
        Counter(label: "2xx", factory: factory).increment()
        #expect(lines == ["_2xx 1", #"http_requests_s__{a_b="c"} 1"#])
    }

    @Test("what is destroyed is not shown, and what is asked for as another kind is not mixed up")
    func destroys() {
        let counter = Counter(label: "hits_total", factory: factory)
        counter.increment()
        Meter(label: "hits_total", factory: factory).set(7)
        #expect(lines == ["hits_total 1"])
        counter.destroy()
        #expect(factory.exposition().isEmpty)
    }
}
