import CoreMetrics

/// What is counted of the events of one upstream.
package struct RecorderMetrics: Sendable {
    /// Counts nothing.
    package static let none = RecorderMetrics(upstream: "", NOOPMetricsHandler.instance)

    private let upstream: String
    private let factory: any MetricsFactory
    private let receivedEvents: Counter
    private let recordedEvents: Counter
    private let duplicates: Counter
    private let filteredEvents: Counter
    private let malformedEvents: Counter
    private let largeEvents: Counter
    private let reconnects: Counter

    /// Counters of the upstream of this name.
    init(upstream: String, _ factory: any MetricsFactory) {
        func counter(_ name: String) -> Counter {
            Counter(
                label: "tapedeck_upstream_\(name)_total", dimensions: [("upstream", upstream)],
                factory: factory)
        }
        self.upstream = upstream
        self.factory = factory
        receivedEvents = counter("events_received")
        recordedEvents = counter("events_recorded")
        duplicates = counter("events_duplicate")
        filteredEvents = counter("events_filtered")
        malformedEvents = counter("events_malformed")
        largeEvents = counter("events_too_large")
        reconnects = counter("reconnects")
        // Each is shown from the start.
        for reason in UpstreamGap.Reason.allCases { _ = gaps(reason) }
    }

    /// So many events have come, live or in a history.
    func received(_ count: Int) { receivedEvents.increment(by: count) }

    /// So many events were new to the journal.
    func recorded(_ count: Int) { recordedEvents.increment(by: count) }

    /// So many events were in the journal already.
    func duplicate(_ count: Int) { duplicates.increment(by: count) }

    /// The filter has left so many events out.
    func filtered(_ count: Int) { filteredEvents.increment(by: count) }

    /// An event or a frame made no sense.
    func malformed() { malformedEvents.increment() }

    /// A message was too large.
    func tooLarge() { largeEvents.increment() }

    /// A gap was told, in however many runs.
    func gap(_ reason: UpstreamGap.Reason) { gaps(reason).increment() }

    /// The upstream is connected again.
    func reconnected() { reconnects.increment() }

    private func gaps(_ reason: UpstreamGap.Reason) -> Counter {
        Counter(
            label: "tapedeck_upstream_gaps_total",
            dimensions: [("upstream", upstream), ("reason", reason.rawValue)],
            factory: factory)
    }
}
