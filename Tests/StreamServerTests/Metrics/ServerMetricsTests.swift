import Journal
import Logging
import NIOPosix
import Testing

@testable import StreamServer

@Suite("Server metrics")
struct ServerMetricsTests {
    /// The values of a text, by their series.
    private func values(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            values[String(line[..<space])] = String(line[line.index(after: space)...])
        }
        return values
    }

    private func client(_ url: String) throws -> UpstreamClient {
        UpstreamClient(
            configuration: UpstreamClient.Configuration(url: try UpstreamURL(url)),
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("every family is shown, under a name that says its unit and that it counts")
    func families() async throws {
        try await withJournal { journal in
            let metrics = ServerMetrics(journal, now: Environment.system().now)
            metrics.observe { 0 }
            metrics.observe(Gatekeeper.open)
            metrics.observe(Connections(ConnectionLimits()))
            metrics.observe(upkeep(of: journal, free: 0))
            _ = metrics.observe(try client("http://127.0.0.1:1"))
            let text = metrics.exposition()
            for family in MetricFamily.all {
                #expect(text.contains("# HELP \(family.name) \(family.help)\n"))
                #expect(family.name.hasPrefix("tapedeck_"))
                #expect(family.name.hasSuffix("_total") == (family.kind == .counter))
            }
            #expect(text.count { $0 == "\n" } > MetricFamily.all.count * 3 - 1)
            #expect(text.ranges(of: "# TYPE").count == MetricFamily.all.count, "none but these")
            #expect(text.contains("tapedeck_build_info{version=\"\(TapedeckServer.version)\"} 1\n"))
        }
    }

    @Test("what is committed is counted, and timed from the arrival of its first event")
    func journal() async throws {
        try await withJournal { journal in
            let clock = Environment.system().now
            let metrics = ServerMetrics(journal) {
                var late = clock()
                late.monotonicMicroseconds += 3_000_000
                return late
            }
            try await journal.append(#"{"a":1}"#, run: "r")
            try await journal.append(#"{"a":22}"#, run: "r")
            // Observers are told before the callers.
            let values = values(metrics.exposition())
            #expect(values["tapedeck_journal_commits_total"] == "2")
            #expect(values["tapedeck_journal_records_total"] == "2")
            #expect(values["tapedeck_journal_data_bytes_total"] == "15")
            #expect(values["tapedeck_journal_end_offset"] == "2")
            #expect(values["tapedeck_journal_read_only"] == "0")
            #expect(values[#"tapedeck_journal_commit_seconds_bucket{le="2.5"}"#] == "0")
            #expect(values["tapedeck_journal_commit_seconds_count"] == "2")
        }
    }

    /// A journal's upkeep on a disk with so many free bytes.
    private func upkeep(of journal: Journal, free: UInt64) -> Upkeep {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let stop: @Sendable (Duration) async throws -> Void = { _ in throw CancellationError() }
        return Upkeep(
            space: SpaceWatch(bytesMin: 1, logger: logger, free: { free }, pause: stop),
            scrubber: Scrubber(
                journal, ScrubPlan(bytesPerSecond: 1, intervalSeconds: 1), logger: logger,
                random: 0, now: Environment.system().now, pause: stop))
    }

    @Test("the free space is shown in bytes, and as no number until it is known")
    func space() async throws {
        try await withJournal { journal in
            let metrics = ServerMetrics(journal, now: Environment.system().now)
            let upkeep = upkeep(of: journal, free: 123_456_789_012)
            metrics.observe(upkeep)
            #expect(values(metrics.exposition())["tapedeck_journal_free_bytes"] == "NaN")
            await upkeep.space.look()
            #expect(values(metrics.exposition())["tapedeck_journal_free_bytes"] == "123456789012")
            #expect(values(metrics.exposition())["tapedeck_scrub_findings"] == "0")
            #expect(
                values(metrics.exposition())["tapedeck_scrub_last_pass_timestamp_seconds"] == "0")
        }
    }

    @Test("what becomes of an upstream's events is counted, each upstream for itself")
    func upstreams() async throws {
        try await withJournal { journal in
            let metrics = ServerMetrics(journal, now: Environment.system().now)
            let counts = metrics.observe(try client("http://a:1"))
            _ = metrics.observe(try client("http://b:2"))
            func event(_ stamp: Int, type: String = "agent_chat_x") -> String {
                #"{"event_type":"\#(type)","data":{},"server_timestamp":"12:0\#(stamp)"}"#
            }
            let recorder = Recorder(
                upstream: "http://a:1", journal: journal, filter: .agentChat, metrics: counts,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            func said(_ texts: String...) -> [UpstreamClient.Message] {
                texts.map { .event(Array($0.utf8)) }
            }
            try await recorder.take(
                [.connected]
                    + said(
                        #"["event",\#(event(1))]"#,
                        #"["event_history",[\#(event(1)),\#(event(2)),\#(event(3, type: "alert")),7]]"#,
                        #"["event",{"event_type":"agent_chat_x","data":[]}]"#, "x")
                    + [.malformed("a frame"), .tooLarge(bytes: 1), .disconnected(reason: "over")])
            // Nothing of this history was heard before.
            try await recorder.take(
                [.connected] + said(#"["event_history",[\#(event(4))]]"#)
                    + [.disconnected(reason: "over"), .connected]
                    + said(#"["event",\#(event(4))]"#, #"["event_history",[\#(event(4))]]"#))
            let values = values(metrics.exposition())
            func value(_ name: String, _ labels: String = "") -> String? {
                values["tapedeck_upstream_\(name){upstream=\"http://a:1\"\(labels)}"]
            }
            #expect(value("events_received_total") == "9")
            #expect(value("events_recorded_total") == "3")
            #expect(value("events_duplicate_total") == "3")
            #expect(value("events_filtered_total") == "1")
            #expect(value("events_malformed_total") == "4")
            #expect(value("events_too_large_total") == "1")
            #expect(value("reconnects_total") == "2")
            #expect(value("connected") == "0")
            #expect(value("binary_events_ignored_total") == "0")
            #expect(value("gaps_total", #",reason="upstream_restart""#) == "1")
            #expect(value("gaps_total", #",reason="too_large""#) == "1")
            #expect(value("gaps_total", #",reason="recorder_outage""#) == "0")
            #expect(journal.end.rawValue == 5)
            let other = values.filter { $0.key.contains("http://b:2") }
            #expect(!other.isEmpty)
            #expect(other.values.allSatisfy { $0 == "0" })
        }
    }
}
