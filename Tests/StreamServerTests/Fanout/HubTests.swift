import Journal
import NIOCore
import NIOEmbedded
import Testing

@testable import StreamServer

@Suite("Hub")
struct HubTests {
    /// Runs `body` with a hub on an event loop that stands still, and a way to make readers.
    private func withHub(
        end: Int = 0, _ body: (Hub, () throws -> SSEStream) throws -> Void
    ) async throws {
        try await withService { service, _ in try check(service, end: end, body) }
    }

    private func check(
        _ service: StreamService, end: Int, _ body: (Hub, () throws -> SSEStream) throws -> Void
    ) throws {
        let hub = Hub(eventLoop: EmbeddedEventLoop(), end: cursor(end), epoch: testEpoch)
        let request = try StreamRequest(RequestTarget("/api/stream/agent_chat"), lastEventID: nil) {
            _ in .everybody
        }
        try body(hub) { SSEStream(request, service: service, hub: hub) }
    }

    private func key(_ selection: Selection) -> Feed.Key {
        Feed.Key(selection: selection, format: .sse(.envelope))
    }

    private func offsets(_ feed: Feed, from start: Int = 0, end: Cursor) -> [Int] {
        var found: [Int] = []
        var from = cursor(start)
        while from < end {
            let chunk = feed.chunk(from: from, end: end)
            found += text(ChunkedBody(chunk.bytes.readableBytesView).bytes).split(separator: "\n")
                .compactMap { $0.hasPrefix("id: k7q2m9xa-") ? Int($0.dropFirst(13)) : nil }
            from = chunk.cursor
        }
        return found
    }

    @Test("each feed gets the records of its selection, whoever published them together")
    func selections() async throws {
        try await withHub { hub, reader in
            let (a, b) = (try runID("a"), try runID("b"))
            let selections: [Selection] = [
                .run(a), .runs([a, b]), .all, .run(.unassigned), .runs([b, .unassigned]),
            ]
            let feeds = try selections.map { hub.add(try reader(), to: key($0)) }
            let names = ["a", "b", "c", "unassigned", "a"]
            let records = try names.enumerated().map { try makeRecord($0, run: $1) }
            hub.take([
                try publication(Array(records[..<2]), end: 2),
                try publication(Array(records[2...]), end: 5),
            ])
            #expect(hub.end == cursor(5))
            let found = feeds.map { offsets($0, end: hub.end) }
            #expect(found == [[0, 4], [0, 1, 4], [0, 1, 2, 4], [3], [1, 3]])
        }
    }

    @Test("publications that are missing make every feed begin anew behind them")
    func skips() async throws {
        try await withHub { hub, reader in
            let feed = hub.add(try reader(), to: key(.run(try runID("r"))))
            let idle = hub.add(try reader(), to: key(.run(try runID("idle"))))
            hub.take([try publication([try makeRecord(0), try makeRecord(1)], end: 2)])
            #expect(feed.start == .start)
            hub.take([try publication([try makeRecord(5)], end: 6)])
            #expect(feed.start == cursor(5))
            #expect(idle.start == cursor(5))
            #expect(offsets(feed, from: 5, end: hub.end) == [5])
        }
    }

    @Test("a publication without a gap before it restarts nothing")
    func noSkip() async throws {
        try await withHub { hub, reader in
            let feed = hub.add(try reader(), to: key(.run(try runID("r"))))
            hub.take([try publication([try makeRecord(0)], end: 1)])
            hub.take([try publication([try makeRecord(1, run: "other")], end: 2)])
            hub.take([try publication([try makeRecord(2)], end: 3)])
            #expect(feed.start == .start)
            #expect(offsets(feed, end: hub.end) == [0, 2])
        }
    }

    @Test("what the hub has already does not come twice")
    func overlap() async throws {
        try await withHub(end: 2) { hub, reader in
            let feed = hub.add(try reader(), to: key(.run(try runID("r"))))
            let records = try (0..<4).map { try makeRecord($0) }
            hub.take([try publication(records, end: 4)])
            hub.take([try publication(Array(records[1...]), end: 4)])
            #expect(hub.end == cursor(4))
            #expect(feed.start == cursor(2))
            #expect(offsets(feed, from: 2, end: hub.end) == [2, 3])
        }
    }

    @Test("a feed begins at the hub's end, and one without readers is forgotten")
    func feedsComeAndGo() async throws {
        try await withHub { hub, reader in
            let (first, second) = (try reader(), try reader())
            let key = key(.run(try runID("r")))
            let feed = hub.add(first, to: key)
            #expect(hub.add(second, to: key) === feed)
            hub.take([try publication([try makeRecord(0)], end: 1)])
            hub.remove(first, from: feed)
            hub.take([try publication([try makeRecord(1)], end: 2)])
            #expect(offsets(feed, end: hub.end) == [0, 1])
            hub.remove(second, from: feed)
            hub.take([try publication([try makeRecord(2)], end: 3)])
            #expect(offsets(feed, end: hub.end) == [0, 1])
            let next = hub.add(first, to: key)
            #expect(next !== feed)
            #expect(next.start == cursor(3))
        }
    }

    @Test("formats of one selection have a feed each")
    func formats() async throws {
        try await withHub { hub, reader in
            let run = try runID("r")
            let envelope = hub.add(
                try reader(), to: Feed.Key(selection: .run(run), format: .sse(.envelope)))
            let bare = hub.add(
                try reader(), to: Feed.Key(selection: .run(run), format: .sse(.bare)))
            #expect(envelope !== bare)
            hub.take([try publication([try makeRecord(0)], end: 1)])
            for feed in [envelope, bare] { #expect(offsets(feed, end: hub.end) == [0]) }
        }
    }
}
