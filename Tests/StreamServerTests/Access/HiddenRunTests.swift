import Journal
import NIOPosix
import Testing

@testable import StreamServer

/// A run that may not be read is told from one that there is not by nothing.
@Suite("Hidden runs")
struct HiddenRunTests {
    private static let stream = "/api/stream/agent_chat"

    private func reader() throws -> Holder {
        Holder(name: "reader", scopes: [.read(try #require(RunPattern("open*")))])
    }

    /// Records of the run that is hidden, of one that was deleted, and of one that may be read.
    private func fill(_ journal: Journal) async throws {
        for number in 0..<4 {
            for run in ["hidden", "gone", "open"] {
                try await journal.append(#"{"n":\#(number)}"#, run: run)
            }
        }
        _ = try await journal.delete(try runID("gone"))
    }

    /// What a stream sends, the run's own name aside.
    private func told(
        _ target: String, _ run: String, _ service: StreamService, _ pool: NIOThreadPool,
        header: String?
    ) async throws -> String {
        let bench = try await StreamBench.open(
            target.replacing("RUN", with: run), service, pool, header: header,
            holder: try reader())
        let sent =
            bench.sent.head
            + bench.sent.body.bytes.split(separator: 10).map { line in
                // How long a browser is to wait is drawn for each connection.
                text(line).hasPrefix("retry") ? "retry" : text(line)
            }.joined(separator: "\n")
        return sent.replacing(run, with: "RUN")
    }

    @Test(
        "a stream of one is, to the byte, that of a run that nobody has heard of",
        arguments: [
            "/RUN", "/RUN?from=latest", "/RUN?from=tail:2", "/RUN?envelope=1", "?run=RUN",
            "?run=RUN&run=open", "/RUN?from=40%25", "/RUN?mode=replay&speed=max",
            "/RUN?mode=replay&speed=max&until=live", "/RUN?last_event_id=0",
            "/RUN?last_event_id=7", "/RUN?last_event_id=99", "/RUN?last_event_id=nonsense",
        ], ["hidden", "gone"])
    func streams(query: String, run: String) async throws {
        try await withService { service, pool in
            try await fill(service.journal)
            let target = HiddenRunTests.stream + query
            let hidden = try await told(target, run, service, pool, header: nil)
            let unknown = try await told(target, "nobody", service, pool, header: nil)
            #expect(hidden == unknown)
            #expect(hidden.contains("HTTP/1.1 20"))
        }
    }

    @Test("what is said in one reaches no stream of who may not read it")
    func live() async throws {
        try await withService { service, pool in
            let holder = try reader()
            for target in ["/hidden", "", "?run=hidden&run=open"] {
                let bench = try await StreamBench.open(
                    HiddenRunTests.stream + target, service, pool, holder: holder)
                _ = bench.frames()
                try await service.journal.append(#"{"n":"secret"}"#, run: "hidden")
                try await service.journal.append(#"{"n":"public"}"#, run: "open1")
                try await service.journal.append(#"{"n":"public"}"#, run: "open")
                try await service.journal.append(#"{"n":"secret"}"#, run: "unassigned")
                try await bench.deliver()
                let seen = bench.frames().compactMap(\.data)
                #expect(!seen.contains { $0.contains("secret") })
                let expected = target.isEmpty ? 2 : target.contains("&") ? 1 : 0
                #expect(seen.count == expected, "\(target)")
            }
        }
    }

    @Test("all runs are those that may be read, backlog and latest alike")
    func all() async throws {
        try await withService { service, pool in
            try await service.journal.append(#"{"n":1}"#, run: "open")
            try await service.journal.append(#"{"n":2}"#, run: "hidden")
            let bench = try await StreamBench.open(
                HiddenRunTests.stream, service, pool, holder: try reader())
            let frames = bench.frames()
            #expect(frames.filter { $0.kind == "t" }.compactMap(\.offset) == [0])
            let connected = try #require(frames.first { $0.event == "connected" }?.data)
            #expect(connected.contains(#""run_ids":[]"#))
            #expect(connected.contains(#"-0","latest":"#))
            #expect(connected.ranges(of: #"-0""#).count == 2, "earliest and latest: \(connected)")
            let live = try #require(frames.first { $0.event == "stream_live" }?.data)
            #expect(live.contains(#"-0","seq""#), "\(live)")
        }
    }

    @Test("a stream says good-bye when the token ends that opened it")
    func expiry() async throws {
        try await withService { service, pool in
            for (end, isOpen) in [(1_500_000, false), (1_500_001, true)] {
                let holder = Holder(
                    name: "h", scopes: [.admin],
                    expires: Timestamp(microseconds: Int64(end)))
                let bench = try await StreamBench.open(
                    HiddenRunTests.stream, service, pool, holder: holder)
                _ = bench.frames()
                try await bench.tick(after: 1)
                #expect(bench.isOpen == isOpen)
                let told = bench.frames().first { $0.event == "stream_bye" }?.data
                #expect(told?.contains(#""reason":"token_expiring""#) == (isOpen ? nil : true))
            }
        }
    }

    @Test("the list has none of them, and its pages are full all the same")
    func list() async throws {
        try await withService { service, _ in
            for number in 0..<6 {
                try await service.journal.append("{}", run: "hidden\(number)")
                try await service.journal.append("{}", run: "open\(number)")
            }
            let selection = try reader().visible(.everything)
            var seen: [String] = []
            var before: Offset?
            while true {
                let page = service.journal.runs(
                    limit: 2, before: before, matching: nil, of: selection)
                if page.isEmpty { break }
                #expect(page.count == 2)
                seen += page.map(\.run.name)
                before = page.last?.firstID.offset
            }
            #expect(seen == (0..<6).reversed().map { "open\($0)" })
        }
    }
}
