import Journal
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import StreamServer

@Suite("SSE stream")
struct SSEStreamTests {
    private let one = "/api/stream/agent_chat/r"

    @Test("a stream begins with its head, then retry, connected, the cursor, events, stream_live")
    func opens() async throws {
        try await withService { service, pool in
            try await service.journal.append(#"{"n":1}"#, run: "r")
            try await service.journal.append(#"{"n":2}"#, run: "other")
            try await service.journal.append(#"{"n":3}"#, run: "r")
            let bench = try await StreamBench.open(one, service, pool)
            #expect(bench.sent.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(bench.sent.head.contains("\r\nContent-Type: text/event-stream"))
            #expect(bench.sent.body.isWhole)
            #expect(!bench.sent.body.hasEnded)
            let frames = bench.frames()
            #expect(frames.map(\.kind) == ["retry", "connected", "id", "t", "t", "stream_live"])
            #expect(frames.compactMap(\.offset) == [.max, 0, 2])
            #expect(frames[1].data?.contains(#""resume":"fresh""#) == true)
            #expect(frames[1].data?.contains(#""seq":0,"latest_seq":2"#) == true)
            #expect(frames[5].data?.contains(#""seq":2,"replayed":2"#) == true)
            #expect(bench.isOpen)
        }
    }

    @Test("what is published later follows, and stream_live does not come again")
    func live() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            #expect(bench.frames().map(\.kind) == ["retry", "connected", "id", "stream_live"])
            for name in ["r", "other", "r"] {
                try await service.journal.append("{}", run: name)
                try await bench.deliver()
            }
            let frames = bench.frames()
            #expect(frames.map(\.kind) == ["t", "t"])
            #expect(frames.map(\.offset) == [0, 2])
        }
    }

    @Test("a client that comes back gets what follows its id, exactly")
    func resumes() async throws {
        try await withService { service, pool in
            for _ in 0..<5 { try await service.journal.append("{}", run: "r") }
            let id = service.journal.id(Offset(rawValue: 2)).description
            let bench = try await StreamBench.open(one, service, pool, header: id)
            let frames = bench.frames()
            #expect(frames.compactMap(\.offset) == [2, 3, 4])
            #expect(frames[1].data?.contains(#""resume":"exact""#) == true)
            #expect(frames[1].data?.contains(#""seq":3,"latest_seq":5"#) == true)
        }
    }

    @Test(
        "an id that leads nowhere is told, and the run follows from its start",
        arguments: [
            ("nonsense", "malformed"), ("zzzzzzzz-1", "epoch"), ("999", "ahead"),
        ])
    func resets(id: String, reason: String) async throws {
        try await withService { service, pool in
            for _ in 0..<3 { try await service.journal.append("{}", run: "r") }
            let bench = try await StreamBench.open(one, service, pool, header: id)
            let frames = bench.frames()
            #expect(
                frames.map(\.kind) == [
                    "retry", "connected", "stream_reset", "id", "t", "t", "t", "stream_live",
                ])
            #expect(frames[2].data?.contains(#""requested":"\#(id)""#) == true)
            #expect(frames[2].data?.contains(#""reason":"\#(reason)""#) == true)
        }
    }

    @Test("while the socket has no room nothing is read or sent; then all of it, once")
    func backpressure() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            _ = bench.frames()
            try await bench.setWritable(false)
            for _ in 0..<10 {
                try await service.journal.append("{}", run: "r")
                try await bench.deliver()
            }
            #expect(bench.frames() == [])
            #expect(try await bench.onLoop { $1.subscriber?.cursor } == .start)
            try await bench.setWritable(true)
            #expect(bench.frames().compactMap(\.offset) == Array(0..<10))
        }
    }

    @Test("a backlog is read page by page, and not on while the socket has no room")
    func backlogPages() async throws {
        try await withService { service, pool in
            let filler = String(repeating: "x", count: 50_000)
            for _ in 0..<12 { try await service.journal.append(#"{"a":"\#(filler)"}"#, run: "r") }
            var gate = Gate(pool)
            let bench = try await StreamBench.open(one, service, pool, settling: false)
            try await bench.setWritable(false, settling: false)
            gate.open()
            try await bench.settle()
            #expect(bench.frames().allSatisfy { $0.event != "t" })
            // A read that is under way when the room ends comes in, and no other follows.
            gate = Gate(pool)
            try await bench.setWritable(true, settling: false)
            try await bench.setWritable(false, settling: false)
            gate.open()
            try await bench.settle()
            let first = bench.frames().compactMap { $0.event == "t" ? $0.offset : nil }
            #expect(first == [0, 1])
            try await bench.settle()
            #expect(bench.frames() == [])
            try await bench.setWritable(true)
            let rest = bench.frames().compactMap { $0.event == "t" ? $0.offset : nil }
            #expect(first + rest == Array(0..<12))
        }
    }

    @Test(
        "a socket that is full after each write, and says so at once, gets everything once",
        arguments: ["", "?mode=replay&speed=max&until=live"])
    func narrow(query: String) async throws {
        try await withService { service, pool in
            let filler = String(repeating: "x", count: 30_000)
            for _ in 0..<20 { try await service.journal.append(#"{"a":"\#(filler)"}"#, run: "r") }
            let bench = try await StreamBench.open(one + query, service, pool, isNarrow: true)
            for _ in 0..<20 { try await service.journal.append(#"{"a":"\#(filler)"}"#, run: "r") }
            try await bench.deliver()
            #expect(bench.sent.body.isWhole)
            let frames = bench.frames()
            #expect(frames.filter { $0.event == "t" }.compactMap(\.offset) == Array(0..<40))
            #expect(frames.filter { $0.event == "stream_live" }.count == 1)
        }
    }

    @Test("a hub that missed publications makes its readers read the journal")
    func missed() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            _ = bench.frames()
            for _ in 0..<3 { try await service.journal.append("{}", run: "r") }
            try await bench.skip(2)
            try await bench.deliver()
            #expect(bench.frames().compactMap(\.offset) == [0, 1, 2])
        }
    }

    @Test("after 15 quiet seconds there is a ping, and not much before")
    func ping() async throws {
        try await withService { service, pool in
            try await service.journal.append("{}", run: "r")
            let bench = try await StreamBench.open(one, service, pool)
            _ = bench.frames()
            try await bench.tick(after: 10)
            #expect(bench.frames() == [])
            try await bench.tick(after: 16)
            let frames = bench.frames()
            #expect(frames.map(\.kind) == ["ping"])
            #expect(frames[0].data?.contains(#""timestamp":"1970-01-01T00:00:01.500000Z""#) == true)
            #expect(frames[0].data?.contains(#""seq":1,"interval":15"#) == true)
        }
    }

    @Test("a ping is preceded by the id where other runs' records were passed, once")
    func pingMovesTheCursor() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            for _ in 0..<4 { try await service.journal.append("{}", run: "other") }
            try await bench.deliver()
            _ = bench.frames()
            try await bench.tick(after: 16)
            let frames = bench.frames()
            #expect(frames.map(\.kind) == ["id", "ping"])
            #expect(frames[0].offset == 3)
            try await bench.tick(after: 32)
            #expect(bench.frames().map(\.kind) == ["ping"])
        }
    }

    @Test("a client that takes nothing for 30 seconds is closed, and not much before")
    func stalled() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            try await bench.setWritable(false)
            try await bench.tick(after: 20)
            #expect(bench.isOpen)
            try await bench.tick(after: 31)
            #expect(!bench.isOpen)
        }
    }

    @Test("a client that takes something within 30 seconds stays")
    func notStalled() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            try await bench.tick(after: 20)
            try await bench.setWritable(false)
            try await bench.tick(after: 45)
            #expect(bench.isOpen)
            try await bench.tick(after: 52)
            #expect(!bench.isOpen)
        }
    }

    @Test("a quiet client that has taken everything is never stalled")
    func quiet() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            for seconds in stride(from: 16, to: 300, by: 16) as StrideTo<Int64> {
                try await bench.tick(after: seconds)
            }
            #expect(bench.isOpen)
        }
    }

    @Test("a client that closes its side is let go, and leaves nothing behind")
    func inputClosed() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            #expect(service.hubs.streams == 1)
            try await bench.fire(ChannelEvent.inputClosed)
            #expect(!bench.isOpen)
            #expect(service.hubs.streams == 0)
            try await service.journal.append("{}", run: "r")
            try await bench.deliver()
            #expect(bench.frames().allSatisfy { $0.event != "t" })
        }
    }

    @Test("a stream is freed when its connection is gone")
    func freed() async throws {
        try await withService { service, pool in
            let watch = Weak()
            try await openAndClose(service, pool, watch)
            #expect(watch.stream == nil)
            #expect(watch.hub == nil)
        }
    }

    private func openAndClose(_ service: StreamService, _ pool: NIOThreadPool, _ watch: Weak)
        async throws
    {
        let bench = try await StreamBench.open(one, service, pool)
        try await bench.onLoop { hub, stream in watch.note(hub, stream) }
        try await bench.fire(ChannelEvent.inputClosed)
        // The tick that is scheduled already finds nobody.
        await bench.channel.testingEventLoop.advanceTime(by: .seconds(1))
    }

    @Test("a server that stops says stream_bye, ends the body and closes")
    func quiesces() async throws {
        try await withService { service, pool in
            let bench = try await StreamBench.open(one, service, pool)
            try await bench.fire(ChannelShouldQuiesceEvent())
            #expect(!bench.isOpen)
            #expect(bench.sent.body.isWhole)
            #expect(bench.sent.body.hasEnded)
            let bye = bench.frames().last
            #expect(bye?.event == "stream_bye")
            #expect(bye?.id == nil)
            #expect(bye?.data?.hasPrefix(#"{"reason":"drain","retry":"#) == true)
        }
    }

    @Test("a connection that goes while its stream is opened is closed, and nothing is written")
    func closedWhileOpening() async throws {
        try await withService { service, pool in
            let gate = Gate(pool)
            let bench = try await StreamBench.open(one, service, pool, settling: false)
            try await bench.fire(ChannelEvent.inputClosed, settling: false)
            #expect(!bench.isOpen)
            gate.open()
            try await bench.settle()
            #expect(!bench.isOpen)
            #expect(service.hubs.streams == 0)
            #expect(bench.frames() == [])
        }
    }

    // MARK: Replays

    @Test("a replay sends what there is, the final cursor and stream_end, and ends the body")
    func replay() async throws {
        try await withService { service, pool in
            for name in ["r", "other", "r", "other"] {
                try await service.journal.append("{}", run: name)
            }
            let bench = try await StreamBench.open(
                one + "?mode=replay&speed=max", service, pool)
            #expect(bench.sent.body.isWhole)
            #expect(bench.sent.body.hasEnded)
            #expect(!bench.isOpen)
            let frames = bench.frames()
            #expect(
                frames.map(\.kind) == ["retry", "connected", "id", "t", "t", "id", "stream_end"])
            #expect(frames[5].offset == 2)
            #expect(frames[6].data?.contains(#""reason":"replay_done""#) == true)
            #expect(frames[6].data?.contains(#""seq":2"#) == true)
        }
    }

    @Test("a replay with nothing left is answered 204")
    func nothingLeft() async throws {
        try await withService { service, pool in
            for _ in 0..<3 { try await service.journal.append("{}", run: "r") }
            let bench = try await StreamBench.open(
                one + "?mode=replay&speed=max", service, pool, header: "2")
            #expect(bench.sent.head.hasPrefix("HTTP/1.1 204 "))
            #expect(bench.sent.body.bytes == [])
            #expect(!bench.isOpen)
        }
    }

    @Test("a replay that goes live says so once, and goes on without a gap or a duplicate")
    func replayThenLive() async throws {
        try await withService { service, pool in
            for _ in 0..<3 { try await service.journal.append("{}", run: "r") }
            let bench = try await StreamBench.open(
                one + "?mode=replay&speed=max&until=live", service, pool, settling: false)
            try await service.journal.append("{}", run: "r")
            try await bench.settle()
            try await bench.deliver()
            try await service.journal.append("{}", run: "r")
            try await bench.deliver()
            let frames = bench.frames()
            #expect(frames.filter { $0.event == "t" }.compactMap(\.offset) == Array(0..<5))
            #expect(frames.filter { $0.event == "stream_live" }.count == 1)
            #expect(bench.isOpen)
        }
    }
}

/// Remembers objects without keeping them.
private final class Weak: @unchecked Sendable {
    // SAFETY: written on the event loop once, and read when that is done.
    private(set) weak var stream: SSEStream?
    private(set) weak var hub: Hub?

    func note(_ hub: Hub, _ stream: SSEStream) {
        self.hub = hub
        self.stream = stream
    }
}
