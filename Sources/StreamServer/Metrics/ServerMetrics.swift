import CoreMetrics
import Journal

/// Everything that `/metrics` shows of one server.
struct ServerMetrics: Sendable {
    private let factory = PrometheusFactory(MetricFamily.all)

    /// Counts what `journal` commits from now on; `now` reads the clocks by which it takes events in.
    init(_ journal: Journal, now: @escaping @Sendable () -> IngestTime) {
        factory.observe("tapedeck_build_info", [("version", TapedeckServer.version)]) { 1 }
        factory.observe("tapedeck_journal_end_offset") { Double(journal.end.rawValue) }
        factory.observe("tapedeck_journal_read_only") { journal.readOnlyReason == nil ? 0 : 1 }
        let commits = Counter(label: "tapedeck_journal_commits_total", factory: factory)
        let records = Counter(label: "tapedeck_journal_records_total", factory: factory)
        let bytes = Counter(label: "tapedeck_journal_data_bytes_total", factory: factory)
        let latency = Timer(label: "tapedeck_journal_commit_seconds", factory: factory)
        journal.observe { publication in
            commits.increment()
            records.increment(by: publication.records.count)
            bytes.increment(by: publication.records.reduce(0) { $0 + $1.data.count })
            // Events are committed in the order in which they are taken in.
            guard let first = publication.records.first?.ingest else { return }
            let time = now()
            guard time.boot == first.boot,
                time.monotonicMicroseconds >= first.monotonicMicroseconds
            else { return }
            latency.recordMicroseconds(
                Int64(clamping: time.monotonicMicroseconds - first.monotonicMicroseconds))
        }
    }

    /// Shows how many event streams are open.
    func observe(streams: @escaping @Sendable () -> Int) {
        factory.observe("tapedeck_streams") { Double(streams()) }
    }

    /// Shows how often somebody was turned away, and why.
    func observe(_ gate: Gatekeeper) {
        for refusal in Gatekeeper.Refusal.allCases {
            factory.observe(
                "tapedeck_access_refused_total", [("reason", refusal.rawValue)]
            ) { Double(gate.count(of: refusal)) }
        }
    }

    /// Shows how many connections there are, how many there may be, and how many were turned away.
    func observe(_ connections: Connections) {
        factory.observe("tapedeck_connections") { Double(connections.count) }
        factory.observe("tapedeck_connections_limit") { Double(connections.limits.countMax) }
        for refusal in Connections.Refusal.allCases {
            factory.observe(
                "tapedeck_connections_refused_total", [("reason", refusal.rawValue)]
            ) { Double(connections.count(of: refusal)) }
        }
    }

    /// Shows what the scrub has done and found, and how much space the journal's disk has.
    func observe(_ upkeep: Upkeep) {
        factory.observe("tapedeck_journal_free_bytes") {
            upkeep.space.space.freeBytes.map { Double($0) } ?? .nan
        }
        factory.observe("tapedeck_scrub_bytes_total") { Double(upkeep.scrubStatus.bytes) }
        factory.observe("tapedeck_scrub_segments_total") { Double(upkeep.scrubStatus.segments) }
        factory.observe("tapedeck_scrub_findings") { Double(upkeep.scrubStatus.findings.count) }
        factory.observe("tapedeck_scrub_last_pass_timestamp_seconds") {
            Double(upkeep.scrubStatus.lastPass?.microseconds ?? 0) / 1e6
        }
    }

    /// Shows how an upstream fares; the counters of its events are returned.
    func observe(_ client: UpstreamClient) -> RecorderMetrics {
        let name = client.configuration.name
        let labels = [("upstream", name)]
        factory.observe("tapedeck_upstream_connected", labels) {
            if case .connected = client.state { 1 } else { 0 }
        }
        factory.observe("tapedeck_upstream_binary_events_ignored_total", labels) {
            Double(client.ignoredBinaryEvents)
        }
        return RecorderMetrics(upstream: name, factory)
    }

    /// All of it, in the text format of Prometheus.
    func exposition() -> String {
        factory.exposition()
    }
}
