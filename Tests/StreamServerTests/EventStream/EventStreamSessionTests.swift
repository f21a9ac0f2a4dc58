import Journal
import NIOCore
import Testing

@testable import StreamServer

@Suite("Event Stream session")
struct EventStreamSessionTests {
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    static let greeting =
        #"42["connected",{"status":"connected","server_time":"1970-01-01T00:00:00.000001Z","#
        + #""buffered_events":"#

    /// A session, its clock, and a source that has events up to `end`.
    struct Link {
        var session = EventStreamSession(
            id: "S", memberID: "M", rights: .known(.everything), at: EventStreamSessionTests.start)
        var now = EventStreamSessionTests.start
        var end = cursor(0)
        /// How far the source is, where the feed has not heard of it yet; nil for `end`.
        var streamEnd: Cursor?
        /// From here on there is a feed; nil for none.
        var feedStart: Cursor?
        var isWritable = true

        /// Hands over packets and runs the session until it waits; what it sends.
        mutating func say(_ packets: String...) throws -> [String] {
            for packet in packets {
                try session.receive(Array(packet.utf8), at: now, end: streamEnd ?? end)
            }
            return run()
        }

        mutating func next() -> EventStreamSession.Action {
            session.next(
                at: now, isWritable: isWritable, feedStart: feedStart ?? end, end: end)
        }

        /// Runs the session until it waits; reads are answered with the names of what was asked.
        mutating func run() -> [String] {
            var sent: [String] = []
            while true {
                switch next() {
                case .wait: return sent
                case .end(let reason): return sent + ["end: \(reason)"]
                case .send(let packets): sent += packets.map { text($0) }
                case .take(let cursor):
                    sent.append("take \(cursor.next.rawValue)")
                    session.sent(1, to: end)
                case .read(let read):
                    sent += session.arrived(reply(to: read)).map { text($0) }
                }
            }
        }

        /// What a source with a history of as many events as there are would say.
        func reply(to read: EventStreamRead) -> EventStreamRead.Reply {
            switch read.what {
            case .greeting:
                .greeting(
                    cursor: end, events: Int(end.next.rawValue), history: Array("history".utf8),
                    now: Timestamp(microseconds: 1))
            case .history(let limit, let cursor):
                .history(Array("history \(limit) before \(cursor.next.rawValue)".utf8))
            case .page(let cursor):
                .page(
                    EventPage(
                        packets: [Array("page from \(cursor.next.rawValue)".utf8)], cursor: end))
            }
        }
    }

    private func joined(end: Int = 0) throws -> Link {
        var link = Link(end: cursor(end))
        #expect(try link.say("40").last == #"40{"sid":"M"}"#)
        return link
    }

    // MARK: Joining

    @Test("the open packet tells the times, the bound and the transports to change to")
    func open() {
        let session = Link().session
        #expect(
            text(session.openPacket(upgrades: ["websocket"]))
                == #"0{"sid":"S","upgrades":["websocket"],"pingTimeout":20000,"#
                + #""pingInterval":25000,"maxPayload":1000000}"#)
        #expect(text(session.openPacket(upgrades: [])).contains(#""upgrades":[]"#))
    }

    @Test("greeting and history come before the answer to the request to join")
    func order() throws {
        var link = Link(end: cursor(7))
        #expect(link.run() == [])
        #expect(
            try link.say(#"40{"token":"x"}"#) == [
                Self.greeting + "7}]", "history", #"40{"sid":"M"}"#,
            ])
    }

    @Test("a history without events is left out")
    func noHistory() throws {
        var link = Link()
        #expect(try link.say("40") == [Self.greeting + "0}]", #"40{"sid":"M"}"#])
    }

    @Test("a client that joins twice is told once more that it has, and nothing else")
    func joinsTwice() throws {
        var link = Link(end: cursor(1))
        #expect(try link.say("40", "40").count == 3)
        #expect(try link.say("40") == [#"40{"sid":"M"}"#])
    }

    @Test("another namespace is refused, and the session goes on")
    func namespaces() throws {
        var link = try joined()
        #expect(
            try link.say("40/chat,{}") == [
                #"44/chat,{"message":"there is no namespace /chat here; connect to /"}"#
            ])
        #expect(try link.say("41/chat", #"42/chat,1["request_history"]"#) == [])
        link.end = cursor(1)
        #expect(link.run() == ["page from 0"])
    }

    @Test("nothing is told before the client joins, nor after it leaves; it may come back")
    func leaves() throws {
        var link = Link(end: cursor(3))
        #expect(try link.say(#"421["request_history"]"#) == [])
        #expect(try link.say("40").count == 3)
        link.end = cursor(4)
        #expect(link.run() == ["page from 3"])
        #expect(try link.say("41") == [])
        link.end = cursor(9)
        #expect(link.run() == [])
        #expect(try link.say("40") == [Self.greeting + "9}]", "history", #"40{"sid":"M"}"#])
        link.end = cursor(10)
        #expect(link.run() == ["page from 9"])
    }

    // MARK: Events

    @Test("events follow the history from one cursor: from the feed, or read where it begins later")
    func events() throws {
        var link = try joined(end: 5)
        #expect(link.run() == [])
        link.end = cursor(8)
        link.feedStart = cursor(5)
        #expect(link.run() == ["take 5"])
        link.end = cursor(20)
        link.feedStart = cursor(10)
        #expect(link.run() == ["page from 8"])
        #expect(link.run() == [])
    }

    @Test("while the transport has no room nothing is sent or read, and then all of it")
    func backpressure() throws {
        var link = try joined()
        link.isWritable = false
        link.end = cursor(5)
        #expect(try link.say(#"421["x"]"#) == [])
        link.isWritable = true
        #expect(link.run() == ["431[]", "page from 0"])
    }

    @Test("one read at a time; what it was for is read again if it is given up")
    func reads() throws {
        var link = try joined()
        link.end = cursor(5)
        guard case .read(let read) = link.next() else {
            Issue.record("no read")
            return
        }
        #expect(link.session.awaits(read))
        #expect(try link.say(#"421["x"]"#) == [])
        link.session.abandonRead()
        #expect(!link.session.awaits(read))
        #expect(link.run() == ["431[]", "page from 0"])
    }

    @Test("what was read for a client that has left meanwhile is not for the one that comes back")
    func staleReads() throws {
        var link = try joined()
        link.end = cursor(5)
        guard case .read(let old) = link.next() else {
            Issue.record("no read")
            return
        }
        link.end = cursor(9)
        #expect(try link.say("41", "40").count == 3)
        #expect(!link.session.awaits(old))
        link.end = cursor(10)
        #expect(link.run() == ["page from 9"])
    }

    // MARK: Questions

    @Test("an event that asks for an answer gets an empty one, whatever it is")
    func acknowledges() throws {
        var link = try joined()
        #expect(try link.say(#"420["x",{"a":[1]}]"#) == ["430[]"])
        #expect(try link.say(#"42["x"]"#) == [])
        #expect(try link.say(#"4218446744073709551615["x"]"#) == ["4318446744073709551615[]"])
        #expect(try link.say("437[]", "44{}", "5", "6") == [])
    }

    @Test("a binary event is passed over, and acknowledged if it asks for that")
    func binary() throws {
        var link = try joined()
        #expect(try link.say(#"4511-["request_history",{"_placeholder":true,"num":0}]"#) == [])
        #expect(try link.say(#"451-9["x",{"_placeholder":true,"num":0}]"#) == ["439[]"])
        #expect(try link.say("461-3[]") == [])
        #expect(try link.say(#"421["x"]"#) == ["431[]"])
    }

    @Test("a history that is asked for comes before its acknowledgement, and ends at the cursor")
    func history() throws {
        var link = try joined(end: 30)
        #expect(try link.say(#"427["request_history"]"#) == ["history 100 before 30", "437[]"])
        #expect(
            try link.say(#"42["request_history",{"limit":3}]"#, #"42["request_history",null]"#)
                == ["history 3 before 30", "history 100 before 30"])
    }

    @Test("a history that is asked for has all that there was, and nothing that is still to come")
    func historyCatchesUp() throws {
        var link = try joined(end: 30)
        link.end = cursor(40)
        #expect(
            try link.say(#"42["request_history"]"#) == ["page from 30", "history 100 before 40"])
        // More that comes meanwhile does not put it off.
        link.end = cursor(50)
        try link.session.receive(
            Array(#"42["request_history"]"#.utf8), at: link.now, end: link.end)
        guard case .read(let read) = link.next() else {
            Issue.record("no read")
            return
        }
        _ = link.session.arrived(link.reply(to: read))
        link.end = cursor(60)
        #expect(link.run() == ["history 100 before 50", "page from 50"])
    }

    @Test("a history that is asked for waits for what the feed has not heard of yet")
    func historyWaits() throws {
        var link = try joined(end: 30)
        link.streamEnd = cursor(31)
        #expect(try link.say(#"427["request_history"]"#) == [])
        link.end = cursor(31)
        #expect(link.run() == ["page from 30", "history 100 before 31", "437[]"])
    }

    @Test("a client that asks and takes no answers is cut off")
    func answersMax() throws {
        var link = try joined()
        link.isWritable = false
        for _ in 0..<EventStreamSession.answersMax { _ = try link.say(#"421["x"]"#) }
        #expect(throws: FrameFault.unanswered) { try link.say(#"421["x"]"#) }
        #expect(link.run() == ["end: \(FrameFault.unanswered)"])
    }

    // MARK: Heartbeat and end

    @Test("the server pings every 25 s; a client that does not answer within 20 s is dropped")
    func heartbeat() throws {
        var link = try joined()
        link.now = Self.start + .seconds(25)
        #expect(link.run() == ["2"])
        #expect(link.run() == [])
        #expect(try link.say("3") == [])
        link.now = Self.start + .seconds(50)
        #expect(link.session.wakeAt == link.now)
        #expect(link.run() == ["2"])
        link.now = Self.start + .seconds(69)
        #expect(link.run() == [])
        link.now = Self.start + .seconds(70)
        #expect(link.run() == ["end: the client did not answer a ping in time"])
        #expect(try link.say("40") == ["end: the client did not answer a ping in time"])
    }

    @Test("a client's own ping is answered, though no client should ping")
    func clientPing() throws {
        var link = Link()
        #expect(try link.say("2hello") == ["3hello"])
    }

    @Test("a client that ends the session is told nothing more")
    func close() throws {
        var link = try joined()
        link.end = cursor(5)
        #expect(try link.say("1") == ["end: the client ended the session"])
    }

    @Test(
        "what makes no sense ends the session",
        arguments: [
            ("", FrameFault.empty), ("9", .engineType(UInt8(ascii: "9"))), ("0", .handshake),
            (#"0{"pingInterval":1,"pingTimeout":1}"#, .direction), ("4", .empty),
            ("48", .socketType(UInt8(ascii: "8"))), ("42", .payload), ("42{}", .payload),
            ("42[]", .payload), ("42[1]", .payload), (#"42["request_history"#, .payload),
            (#"42["x",]"#, .payload), (#"42["x" "y"]"#, .payload), ("42[\"\u{1}\"]", .payload),
            (#"4299999999999999999999["x"]"#, .acknowledgement), ("40/\u{7},", .namespace),
            ("42[" + String(repeating: "[", count: 100_000) + "]", .payload),
            ("2" + String(repeating: "x", count: 200), .pingTooLong), ("45[]", .attachments),
        ])
    func faults(packet: String, fault: FrameFault) throws {
        var link = try joined()
        #expect(throws: fault) { try link.say(packet) }
        #expect(link.run() == ["end: \(fault)"])
        #expect(try link.say("40", packet) == ["end: \(fault)"])
    }

    @Test("no bytes are a trap", arguments: 0..<200 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var link = try joined(end: 3)
        let alphabet = Array(#"0123456/,-[]{}"x\:"#.utf8) + [0, 0x1E, 0x7F, 0xFF]
        for _ in 0..<200 {
            let count = Int.random(in: 0...12, using: &generator)
            let packet = (0..<count).compactMap { _ in alphabet.randomElement(using: &generator) }
            try? link.session.receive(packet, at: link.now, end: link.end)
            _ = link.run()
            if link.session.endReason != nil { link = try joined(end: 3) }
        }
    }
}
