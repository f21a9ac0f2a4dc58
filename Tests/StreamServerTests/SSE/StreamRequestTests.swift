import Journal
import Replay
import Testing

@testable import StreamServer

@Suite("Stream requests")
struct StreamRequestTests {
    private func request(_ query: String, run: String = "/r", header: String? = nil) throws
        -> StreamRequest
    {
        try StreamRequest(
            RequestTarget("/api/stream/agent_chat\(run)\(query)"), lastEventID: header
        ) { _ in .everybody }
    }

    @Test(
        "the header wins over the query, a cursor over from, and nothing counts as nothing",
        arguments: [
            ("?last_event_id=q&from=latest", "h", StreamRequest.Start.id("h")),
            ("?last_event_id=q&from=latest", nil, .id("q")),
            ("?lastEventId=q&from=latest", nil, .id("q")),
            ("?last_event_id=q&lastEventId=p", nil, .id("q")),
            ("?last_event_id=&from=latest", "", .latest),
            ("?last_event_id=q", "", .id("q")),
            ("?from=latest", nil, .latest), ("?from=earliest", nil, .earliest),
            ("", nil, .earliest),
            ("?from=tail:0", nil, .tail(0)), ("?from=tail:1000000", nil, .tail(1_000_000)),
            ("?from=tail:7", "not an id", .id("not an id")),
        ] as [(String, String?, StreamRequest.Start)])
    func start(query: String, header: String?, start: StreamRequest.Start) throws {
        #expect(try request(query, header: header).start == start)
    }

    @Test("from takes a position of the run")
    func position() throws {
        for text in ["k7q2m9xa-12", "12.5s", "2026-11-23T14:53:47Z"] {
            let start = try request("?from=\(text)").start
            #expect(start == .position(try PlaybackPosition(parsing: text)))
        }
        #expect(
            try request("?from=40%25").start == .position(try PlaybackPosition(parsing: "40%")))
    }

    @Test(
        "a parameter that makes no sense is refused",
        arguments: [
            "?from=tail:-1", "?from=tail:1000001", "?from=tail:", "?from=tail:x", "?from=tail:1.5",
            "?from=", "?from=yesterday", "?envelope=2", "?mode=", "?mode=fast", "?speed=2",
            "?idle_limit=2s", "?until=live", "?mode=live&speed=1", "?mode=replay&speed=0",
            "?mode=replay&speed=1001", "?mode=replay&idle_limit=x", "?mode=replay&until=",
            "?from=%zz", "?from=tail:99999999999999999999999",
        ])
    func refuses(query: String) {
        #expect(isRefused(400) { _ = try request(query) })
        // A cursor does not excuse it.
        #expect(isRefused(400) { _ = try request(query, header: "k7q2m9xa-1") })
    }

    @Test("a path names one run, and the query none, one or several")
    func selection() throws {
        let (a, b) = (try runID("a"), try runID("b/c"))
        #expect(try request("", run: "/b%2Fc").selection == .run(b))
        #expect(try request("", run: "").selection == .all)
        #expect(try request("?run=a", run: "").selection == .run(a))
        #expect(try request("?run=a&run=b%2Fc", run: "").selection == .runs([a, b]))
        #expect(try request("?run=a&run=a", run: "").selection == .runs([a]))
        #expect(try request("?run=a", run: "/b%2Fc").selection == .run(b))
        #expect(try request("", run: "/a").run == a)
        #expect(try request("", run: "").run == nil)
    }

    @Test("as many runs as may be named are taken, one more is refused")
    func manyRuns() throws {
        func query(_ count: Int) -> String {
            "?" + (0..<count).map { "run=r\($0)" }.joined(separator: "&")
        }
        let most = try request(query(StreamRequest.runsMax), run: "").selection
        #expect(most.named?.count == StreamRequest.runsMax)
        #expect(isRefused(400) { _ = try request(query(StreamRequest.runsMax + 1), run: "") })
    }

    @Test(
        "a run id that is none is refused",
        arguments: ["/", "/%00", "/%0A", "/%C2%85", "/" + String(repeating: "x", count: 257)])
    func badRun(path: String) {
        #expect(isRefused(400) { _ = try request("", run: path) })
    }

    @Test("the mode and the format are read")
    func mode() throws {
        #expect(try request("").mode == .live)
        #expect(try request("?mode=live").mode == .live)
        #expect(
            try request("?mode=replay").mode
                == .replay(speed: .original, idleLimit: nil, until: .end))
        #expect(
            try request("?mode=replay&speed=max&idle_limit=2s&until=live").mode
                == .replay(
                    speed: .max, idleLimit: try PlaybackDuration(parsing: "2s"), until: .live))
        #expect(
            try request("?mode=replay&until=50%25").mode
                == .replay(
                    speed: .original, idleLimit: nil,
                    until: .position(try PlaybackPosition(parsing: "50%"))))
        #expect(try request("").format == .bare)
        #expect(try request("?envelope=0").format == .bare)
        #expect(try request("?envelope=1").format == .envelope)
    }

    @Test(
        "only the streams' addresses ask for a stream",
        arguments: [
            ("/api/stream/agent_chat", true), ("/api/stream/agent_chat/r", true),
            ("/api/stream/agent_chat/a%2Fb", true), ("/api/stream/agent_chat/r/x", false),
            ("/api/stream", false), ("/api/runs/r/events", false), ("/", false),
            ("/x/api/stream/agent_chat", false),
        ])
    func matches(path: String, isStream: Bool) throws {
        #expect(StreamRequest.matches(try RequestTarget(path).path) == isStream)
    }

    @Test("the id that is resumed from is known, if it is one")
    func requestedID() throws {
        #expect(try request("", header: "k7q2m9xa-5").requestedID == EventID("k7q2m9xa-5"))
        #expect(try request("", header: "5").requestedID == EventID("5"))
        #expect(try request("", header: "five").requestedID == nil)
        #expect(try request("?from=latest").requestedID == nil)
    }
}
