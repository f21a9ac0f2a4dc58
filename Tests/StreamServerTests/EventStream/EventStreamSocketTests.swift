import Journal
import NIOCore
import NIOEmbedded
import NIOPosix
import NIOWebSocket
import Testing

@testable import StreamServer

@Suite("A WebSocket of the Event Stream")
struct EventStreamSocketTests {
    /// The numbers `n` of the events among packets.
    private func events(_ packets: [String]) -> [Int] {
        packets.compactMap { packet in
            guard packet.hasPrefix(#"42["event",{"event_type":"t","data":{"n":"#) else {
                return nil
            }
            return Int(
                packet.dropFirst(#"42["event",{"event_type":"t","data":{"n":"#.count)
                    .prefix { $0.isNumber })
        }
    }

    private func say(_ numbers: Range<Int>, _ service: StreamService) async throws {
        for number in numbers {
            try await service.journal.append(#"{"n":\#(number)}"#, run: "r\(number % 2)")
        }
    }

    @Test("begins with the open packet, then greeting, history, the answer, and events")
    func opens() async throws {
        try await withService { service, pool in
            try await say(0..<3, service)
            let bench = try await EventStreamBench(service, pool)
            let open = try await bench.sent()
            #expect(open.count == 1)
            #expect(open[0].hasPrefix(#"0{"sid":""#))
            #expect(open[0].contains(#""upgrades":[]"#))
            try await bench.say("40")
            let greeting = try await bench.sent()
            #expect(greeting.count == 3)
            #expect(greeting[0].hasPrefix(#"42["connected",{"status":"connected""#))
            #expect(greeting[0].contains(#""buffered_events":3}"#))
            #expect(greeting[1].hasPrefix(#"42["event_history",[{"event_type":"t""#))
            #expect(greeting[2].hasPrefix(#"40{"sid":""#))
            try await say(3..<6, service)
            try await bench.deliver()
            #expect(events(try await bench.sent()) == [3, 4, 5])
            #expect(bench.isOpen)
            #expect(service.eventStream.sessions.count == 1)
            #expect(service.hubs.streams == 1)
        }
    }

    @Test("what is published between the history and the next turn of the hub comes once")
    func seam() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            try await say(0..<5, service)
            // The hub has not heard of these when the client joins: they are in the history.
            try await bench.say("40")
            let greeting = try await bench.sent()
            #expect(greeting.contains { $0.contains(#""buffered_events":5}"#) })
            try await bench.deliver()
            #expect(try await bench.sent() == [])
            try await say(5..<7, service)
            try await bench.deliver()
            #expect(events(try await bench.sent()) == [5, 6])
        }
    }

    @Test("imports and copies are not broadcast, and unassigned events are")
    func selection() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            try await bench.say("40")
            _ = try await bench.sent()
            let event = try Event(type: .messageSent, data: Array(#"{"thread_id":"x"}"#.utf8))
            let unassigned = Draft(event)
            let imported = Draft(event, run: try runID("i"), eventTime: Timestamp(microseconds: 1))
            let thread = Draft(
                try Event(
                    type: .threadCreated, data: Array(#"{"thread_id":"x","run_id":"r"}"#.utf8)))
            for draft in [unassigned, imported, thread] {
                _ = try await service.journal.append([draft])
            }
            #expect(service.journal.end.rawValue == 4, "the copy is recorded")
            try await bench.deliver()
            let types = try await bench.sent().map { $0.prefix(46) }
            #expect(
                types == [
                    #"42["event",{"event_type":"agent_chat_message_s"#,
                    #"42["event",{"event_type":"agent_chat_thread_cr"#,
                ])
        }
    }

    @Test("while the socket has no room nothing is sent or read; then all of it, once, in order")
    func backpressure() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            try await bench.say("40")
            _ = try await bench.sent()
            try await bench.setWritable(false)
            try await say(0..<50, service)
            try await bench.deliver()
            #expect(try await bench.sent() == [])
            try await bench.setWritable(true)
            #expect(events(try await bench.sent()) == Array(0..<50))
            try await say(50..<60, service)
            try await bench.deliver()
            #expect(events(try await bench.sent()) == Array(50..<60))
        }
    }

    @Test("many questions in one read are all answered")
    func manyQuestions() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            try await bench.say("40")
            _ = try await bench.sent()
            for number in 0..<500 {
                try await bench.send(
                    WebSocketFrame(
                        fin: true, opcode: .text, maskKey: [1, 2, 3, 4],
                        data: EventStreamBench.masked(Array(#"42\#(number)["x"]"#.utf8))))
            }
            try await bench.say("6")
            #expect(try await bench.sent() == (0..<500).map { "43\($0)[]" })
        }
    }

    @Test("is pinged every 25 s and closed when it does not answer")
    func heartbeat() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            try await bench.say("40")
            _ = try await bench.sent()
            try await bench.tick(after: 26)
            #expect(try await bench.sent() == ["2"])
            try await bench.say("3")
            try await bench.tick(after: 52)
            #expect(try await bench.sent() == ["2"])
            try await bench.tick(after: 73)
            #expect(
                try await bench.sent() == [
                    "close 1000 the client did not answer a ping in time"
                ])
            #expect(!bench.isOpen)
            #expect(service.eventStream.sessions.count == 0)
            #expect(service.hubs.streams == 0)
        }
    }

    @Test("a socket that takes nothing is closed by the heartbeat, without room for a good-bye")
    func stalls() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            try await bench.say("40")
            try await bench.setWritable(false)
            try await bench.tick(after: 44)
            #expect(bench.isOpen)
            try await bench.tick(after: 46)
            try await bench.tick(after: 60)
            #expect(!bench.isOpen)
        }
    }

    @Test(
        "what makes no sense is told in a close frame",
        arguments: [
            ("9", "close 1008 the Engine.IO packet type 57 is unknown"),
            ("42{}", "close 1008 the packet's payload is not a JSON array"),
            ("", "close 1008 the frame is empty"),
        ])
    func faults(packet: String, told: String) async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            _ = try await bench.sent()
            try await bench.say(packet, "40")
            #expect(try await bench.sent() == [told])
            #expect(!bench.isOpen)
            #expect(service.eventStream.sessions.count == 0)
        }
    }

    @Test("frames that no client may send end the connection")
    func frames() async throws {
        let text = ByteBuffer(string: "40")
        var reserved = WebSocketFrame(fin: true, opcode: .text, maskKey: [1, 2, 3, 4], data: text)
        reserved.rsv1 = true
        let unknown = try #require(WebSocketOpcode(encodedWebSocketOpcode: 3))
        for frame in [
            WebSocketFrame(fin: true, opcode: .text, data: text), reserved,
            WebSocketFrame(fin: true, opcode: unknown, maskKey: [1, 2, 3, 4], data: text),
        ] {
            try await withService { service, pool in
                let bench = try await EventStreamBench(service, pool)
                _ = try await bench.sent()
                try await bench.send(frame)
                try await bench.settle()
                #expect(try await bench.sent() == ["close 1002 this is no WebSocket message"])
                #expect(!bench.isOpen)
            }
        }
    }

    @Test("a message that is too large is told so")
    func tooLarge() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            _ = try await bench.sent()
            try await bench.fail(NIOWebSocketError.invalidFrameLength)
            #expect(try await bench.sent() == ["close 1009 a message may have 1000000 bytes"])
        }
    }

    @Test("pings of the WebSocket are answered, and binary messages passed over")
    func control() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            _ = try await bench.sent()
            for opcode in [WebSocketOpcode.ping, .binary, .pong] {
                try await bench.send(
                    WebSocketFrame(
                        fin: true, opcode: opcode, maskKey: [1, 2, 3, 4],
                        data: EventStreamBench.masked(Array("abc".utf8))))
            }
            try await bench.say("40")
            let sent = try await bench.sent()
            #expect(sent.first == "pong abc")
            #expect(sent.last?.hasPrefix("40{") == true)
        }
    }

    @Test("a server that stops closes it without the packet after which clients stay away")
    func drain() async throws {
        try await withService { service, pool in
            let bench = try await EventStreamBench(service, pool)
            _ = try await bench.sent()
            try await bench.fire(ChannelShouldQuiesceEvent())
            #expect(try await bench.sent() == ["close 1001 the server stops"])
            #expect(!bench.isOpen)
        }
    }

    // MARK: The change from polling

    private func polling(_ service: StreamService) throws -> PollingSession {
        try service.eventStream.sessions.enter()
        let session = PollingSession(
            service.eventStream.makeSession(.known(.everything), at: .uptimeNanoseconds(0)),
            owner: nil)
        service.eventStream.sessions.add(session)
        return session
    }

    @Test("takes over a session that is polled, history and all, with nothing lost or told twice")
    func takesOver() async throws {
        try await withService { service, pool in
            try await say(0..<3, service)
            let session = try polling(service)
            try session.receive([Array("40".utf8)], service.eventStream)
            #expect(try await session.poll(service.eventStream).count == 3)
            try await say(3..<5, service)
            #expect(events(try await session.poll(service.eventStream).map { text($0) }) == [3, 4])
            let bench = try await EventStreamBench(service, pool, polling: session)
            #expect(try await bench.sent() == [])
            async let released = session.poll(service.eventStream)
            try await bench.say("2probe")
            #expect(try await released.map { text($0) } == ["6"])
            #expect(try await bench.sent() == ["3probe"])
            try await say(5..<7, service)
            try await bench.deliver()
            #expect(try await bench.sent() == [])
            try await bench.say("5")
            #expect(events(try await bench.sent()) == [5, 6])
            #expect(service.eventStream.sessions.polling(session.id) == nil)
            #expect(service.eventStream.sessions.count == 1)
            #expect(service.eventStream.sessions.pollingCount == 0)
        }
    }

    @Test("one that goes amid its probe leaves the session to polls")
    func probeGoes() async throws {
        try await withService { service, pool in
            let session = try polling(service)
            try session.receive([Array("40".utf8)], service.eventStream)
            _ = try await session.poll(service.eventStream)
            let bench = try await EventStreamBench(service, pool, polling: session)
            try await bench.say("2probe")
            // A second one may not probe, and does not end the probe of the first.
            let second = try await EventStreamBench(service, pool, polling: session)
            try await second.say("2probe")
            #expect(!second.isOpen)
            #expect(try await session.poll(service.eventStream).map { text($0) } == ["6"])
            try await bench.channel.close()
            try await bench.settle()
            try await say(0..<2, service)
            #expect(events(try await session.poll(service.eventStream).map { text($0) }) == [0, 1])
            #expect(service.eventStream.sessions.count == 1)
        }
    }

    @Test("one that does not take over in time is closed")
    func probeTime() async throws {
        try await withService { service, pool in
            let session = try polling(service)
            let bench = try await EventStreamBench(service, pool, polling: session)
            try await bench.say("2probe")
            try await bench.tick(after: 9)
            #expect(bench.isOpen)
            try await bench.tick(after: 11)
            #expect(!bench.isOpen)
            #expect(service.eventStream.sessions.polling(session.id) != nil)
        }
    }
}
