import Journal
import NIOCore
import Testing

@testable import StreamServer

@Suite("A session whose client polls")
struct PollingStateTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    /// A client that polls, its clock, and a source that has events up to `end`.
    private struct Client {
        var state = PollingState(
            EventStreamSession(
                id: "S", memberID: "M", rights: .known(.everything), at: PollingStateTests.start))
        var now = PollingStateTests.start
        var end = cursor(0)

        mutating func post(_ packets: String...) throws(FrameFault) {
            for packet in packets {
                try state.receive(Array(packet.utf8), at: now, end: end)
            }
        }

        /// What a poll is answered with; nil while it waits.
        mutating func poll() throws -> [String]? {
            try state.beginPoll()
            defer { state.endPoll() }
            return step()
        }

        mutating func step() -> [String]? {
            while true {
                switch state.next(at: now, end: end) {
                case .answer(let packets): return packets.map { text($0) }
                case .wait: return nil
                case .read(let read):
                    let reply = EventStreamSessionTests.Link(end: end).reply(to: read)
                    if let packets = state.arrived(reply, for: read) {
                        return packets.map { text($0) }
                    }
                }
            }
        }
    }

    @Test("a poll waits until there is something, and gets all that there is")
    func polls() throws {
        var client = Client()
        #expect(try client.poll() == nil)
        try client.post("40")
        #expect(try client.poll()?.last == #"40{"sid":"M"}"#)
        #expect(try client.poll() == nil)
        client.end = cursor(3)
        #expect(try client.poll() == ["page from 0"])
        #expect(try client.poll() == nil)
        try client.post(#"421["x"]"#, #"422["x"]"#)
        #expect(try client.poll() == ["431[]", "432[]"])
    }

    @Test("a poll that waits ends with a ping, and a client that does not answer is gone")
    func heartbeat() throws {
        var client = Client()
        guard case .wait(let deadline) = client.state.next(at: client.now, end: client.end) else {
            Issue.record("the poll does not wait")
            return
        }
        #expect(deadline == Self.start + .seconds(25))
        client.now = deadline
        #expect(try client.poll() == ["2"])
        try client.post("3")
        client.now = deadline + .seconds(25)
        #expect(try client.poll() == ["2"])
        client.now = deadline + .seconds(45)
        client.state.advance(to: client.now)
        #expect(client.state.endReason == "the client did not answer a ping in time")
    }

    @Test("a client that does not poll is gone after interval and timeout, even if it posts pongs")
    func expires() throws {
        var client = Client()
        for second in stride(from: Int64(1), to: 45, by: 1) {
            client.state.advance(to: Self.start + .seconds(second))
            try client.post("3")
            #expect(client.state.endReason == nil)
        }
        client.state.advance(to: Self.start + .seconds(45))
        #expect(client.state.endReason != nil)
    }

    @Test("of two polls at once the second is refused, and the session is over")
    func twoPolls() throws {
        var client = Client()
        try client.state.beginPoll()
        #expect(throws: EngineIORefusal.self) { try client.state.beginPoll() }
        #expect(client.state.endReason != nil)
        #expect(client.step() == ["6"])
    }

    @Test("a post that makes no sense ends the session, and the poll that waits")
    func fault() throws {
        var client = Client()
        try client.state.beginPoll()
        #expect(client.step() == nil)
        #expect(throws: FrameFault.engineType(UInt8(ascii: "x"))) { try client.post("x") }
        #expect(client.state.endReason != nil)
        #expect(client.step() == ["6"])
    }

    // MARK: The change to a WebSocket

    @Test("a probe releases the poll that waits with a noop, and holds back those that follow")
    func probe() throws {
        var client = Client()
        try client.post("40")
        _ = try client.poll()
        try client.state.beginPoll()
        #expect(client.step() == nil)
        #expect(client.state.beginProbe() == true)
        #expect(client.step() == ["6"])
        client.state.endPoll()
        client.end = cursor(5)
        #expect(try client.poll() == ["6"])
        // What is posted meanwhile is kept for whoever sends next.
        try client.post(#"421["x"]"#)
        #expect(try client.poll() == ["6"])
    }

    @Test("the WebSocket gets the session as it stands, and polls end with a noop from then on")
    func moves() throws {
        var client = Client()
        try client.post("40")
        _ = try client.poll()
        #expect(client.state.beginProbe() == true)
        client.end = cursor(5)
        try client.post(#"421["x"]"#)
        let moved = client.state.move()
        var link = EventStreamSessionTests.Link(end: client.end)
        link.session = try #require(moved)
        #expect(link.run() == ["431[]", "page from 0"])
        #expect(client.state.hasMoved)
        #expect(client.state.endReason == nil)
        #expect(try client.poll() == ["6"])
        #expect(client.state.move() == nil)
        client.state.end("late")
        #expect(client.state.endReason == nil)
    }

    @Test("what a poll reads while the session moves is not lost: the WebSocket reads it")
    func movesAmidRead() throws {
        var client = Client()
        try client.post("40")
        _ = try client.poll()
        client.end = cursor(5)
        try client.state.beginPoll()
        guard case .read(let read) = client.state.next(at: client.now, end: client.end) else {
            Issue.record("the poll does not read")
            return
        }
        #expect(client.state.beginProbe() == true)
        var link = EventStreamSessionTests.Link(end: client.end)
        let reply = link.reply(to: read)
        #expect(client.state.arrived(reply, for: read) == nil)
        let moved = client.state.move()
        link.session = try #require(moved)
        #expect(client.state.arrived(reply, for: read) == nil)
        #expect(link.run() == ["page from 0"])
    }

    @Test("a probe that fails leaves the session to polls, with nothing lost")
    func probeFails() throws {
        var client = Client()
        try client.post("40")
        _ = try client.poll()
        #expect(client.state.beginProbe() == true)
        client.end = cursor(2)
        #expect(try client.poll() == ["6"])
        client.state.cancelProbe()
        #expect(try client.poll() == ["page from 0"])
        #expect(client.state.beginProbe() == true)
    }

    @Test("one WebSocket at a time may probe, and none without a probe takes over")
    func oneProbe() {
        var client = Client()
        #expect(client.state.move() == nil)
        #expect(client.state.beginProbe() == true)
        #expect(client.state.beginProbe() == false)
        #expect(client.state.move() != nil)
        #expect(client.state.beginProbe() == false)
    }

    @Test("a session that ends amid a probe is not taken over")
    func endsAmidProbe() throws {
        var client = Client()
        #expect(client.state.beginProbe() == true)
        try client.post("1")
        #expect(client.state.endReason == "the client ended the session")
        #expect(client.state.move() == nil)
    }
}
