import Logging
import NIOCore
import NIOPosix
import NIOWebSocket
import Testing

@testable import StreamServer

@Suite("Upstream client", .timeLimit(.minutes(1)))
struct UpstreamClientTests {
    typealias Message = UpstreamClient.Message

    /// What a client tells: messages to its receiver, faults to its log, and how long it waits.
    private struct Told {
        let messages: StreamReader<Message>
        let faults: StreamReader<String>
        let delays: StreamReader<Duration>

        /// Waits until the log tells this reason; others may come before it on a slow machine.
        func hears(_ reason: String) async -> Bool {
            while let fault = await faults.next() {
                if fault == "no link to the upstream: \(reason)" { return true }
            }
            return false
        }
    }

    /// Runs a client against `url` while `body` reads what it tells, without waiting for delays.
    private func withClient(
        _ url: String, configure: (inout UpstreamClient.Configuration) -> Void = { _ in },
        receive: (@Sendable ([Message]) async throws -> Void)? = nil,
        body: (UpstreamClient, Told) async throws -> Void
    ) async throws {
        var configuration = UpstreamClient.Configuration(url: try UpstreamURL(url))
        configure(&configuration)
        let (messages, message) = AsyncStream<Message>.makeStream()
        let (faults, fault) = AsyncStream<String>.makeStream()
        let (delays, delay) = AsyncStream<Duration>.makeStream()
        let client = UpstreamClient(
            configuration: configuration, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in FaultLog(faults: fault) },
            pause: { delay.yield($0) })
        try await withThrowingTaskGroup { group in
            group.addTask {
                await client.run { batch in
                    try await receive?(batch)
                    // When a link has settled is the session's to tell, and its tests' to hold.
                    for item in batch where item != .settled { message.yield(item) }
                }
            }
            try await body(
                client,
                Told(
                    messages: StreamReader(messages), faults: StreamReader(faults),
                    delays: StreamReader(delays)))
            group.cancelAll()
        }
    }

    private func event(_ text: String) -> Message { .event(Array(text.utf8)) }

    @Test("events come in order, before the answer to the join and after it")
    func events() async throws {
        let service = try await FakeEventService.start(greeting: [
            .text(FakeEventService.open), .text(#"42["connected",{}]"#),
            .text(#"42["event_history",[{}]]"#), .text(#"40{"sid":"y"}"#),
        ])
        let sights = service.sights
        try await withClient("http://127.0.0.1:\(service.port)") { client, told in
            #expect(await told.messages.next() == .connected)
            guard case .connected = client.state else {
                Issue.record("\(client.state)")
                return
            }
            #expect(await told.messages.next() == event(#"["connected",{}]"#))
            #expect(await told.messages.next() == event(#"["event_history",[{}]]"#))
            #expect(
                await sights.next()
                    == .linked(
                        uri: "/socket.io/?EIO=4&transport=websocket",
                        host: "127.0.0.1:\(service.port)"))
            #expect(await sights.next() == .text("40"))
            service.send(.text("2"), .text("hi", opcode: .ping), .text(#"427["event",1]"#))
            #expect(await told.messages.next() == event(#"["event",1]"#))
            #expect(await sights.next() == .text("3"))
            #expect(await sights.next() == .pong("hi"))
            #expect(await sights.next() == .text("437[]"))
            service.send(
                .text(#"451-["event",{}]"#), .text("\0", opcode: .binary), .text("?"))
            #expect(
                await told.messages.next()
                    == .malformed("A frame was skipped: the Engine.IO packet type 63 is unknown."))
            #expect(client.ignoredBinaryEvents == 1)
        }
        #expect(await sights.next() == .closed)
        await service.stop()
    }

    @Test("an acknowledgement waits for the receiver, and a failed receiver gives none")
    func acknowledgementAfterReceive() async throws {
        struct Full: Error {}
        let service = try await FakeEventService.start(greeting: [
            .text(FakeEventService.open), .text(#"421["event"]"#),
        ])
        let sights = service.sights
        let receive: @Sendable ([Message]) async throws -> Void = { batch in
            if batch.contains(.event(Array(#"["event"]"#.utf8))) { throw Full() }
        }
        try await withClient("http://127.0.0.1:\(service.port)", receive: receive) { _, told in
            var links = 0
            while links < 2, let sight = await sights.next() {
                #expect(sight != .text("431[]"))
                if case .linked = sight { links += 1 }
            }
        }
        await service.stop()
    }

    @Test("token and namespace reach the service")
    func token() async throws {
        let service = try await FakeEventService.start()
        let sights = service.sights
        let namespace = try SocketIONamespace("chat")
        let token = try UpstreamToken("secret")
        try await withClient("http://127.0.0.1:\(service.port)") {
            $0.token = token
            $0.namespace = namespace
        } body: { client, told in
            #expect(await told.messages.next() == .connected)
            _ = await sights.next()
            #expect(await sights.next() == .text(#"40/chat,{"token":"secret"}"#))
        }
        await service.stop()
    }

    @Test("the client reconnects at once when the socket closes, and when the service comes back")
    func reconnect() async throws {
        var service = try await FakeEventService.start()
        let port = service.port
        try await withClient("http://127.0.0.1:\(port)") { client, told in
            #expect(await told.messages.next() == .connected)
            service.drop()
            guard case .disconnected = await told.messages.next() else {
                Issue.record("not disconnected")
                return
            }
            #expect(await told.messages.next() == .connected)
            #expect(try #require(await told.delays.next()) <= .milliseconds(50))
            service.send(.text("41"))
            #expect(
                await told.messages.next()
                    == .disconnected(reason: "the service ended the namespace /"))
            #expect(await told.messages.next() == .connected)
            await service.stop()
            guard case .disconnected = await told.messages.next() else {
                Issue.record("not disconnected")
                return
            }
            service = try await FakeEventService.start(port: port)
            #expect(await told.messages.next() == .connected)
        }
        await service.stop()
    }

    @Test("a service that refuses is closed by the client")
    func refused() async throws {
        let service = try await FakeEventService.start(greeting: [
            .text(FakeEventService.open), .text(#"44{"message":"no"}"#),
        ])
        let sights = service.sights
        try await withClient("http://127.0.0.1:\(service.port)") { client, told in
            #expect(await told.messages.next() == .connected)
            #expect(
                await told.messages.next()
                    == .disconnected(
                        reason: #"the service refused the connection: {"message":"no"}"#))
            while let sight = await sights.next(), sight != .closed {}
        }
        await service.stop()
    }

    @Test("fragments are put together, and a close frame ends the link")
    func fragments() async throws {
        let service = try await FakeEventService.start()
        try await withClient("http://127.0.0.1:\(service.port)") { client, told in
            #expect(await told.messages.next() == .connected)
            service.send(
                .text(#"42["event""#, fin: false), .text("x", opcode: .ping),
                .text(",", opcode: .continuation, fin: false),
                .text("", opcode: .continuation, fin: false),
                .text("1]", opcode: .continuation))
            #expect(await told.messages.next() == event(#"["event",1]"#))
            service.send(.text("\u{03}\u{69}", opcode: .connectionClose))
            #expect(
                await told.messages.next()
                    == .disconnected(reason: "the service closed the WebSocket (873)"))
        }
        await service.stop()
    }

    @Test("a message up to 32 MiB is taken, a larger one is told and skipped")
    func large() async throws {
        let service = try await FakeEventService.start()
        try await withClient("http://127.0.0.1:\(service.port)") { client, told in
            #expect(await told.messages.next() == .connected)
            let largest = #"42[""# + String(repeating: "x", count: (32 << 20) - 6) + #""]"#
            service.send(.text(largest), .text(largest + " "), .text(#"42["event",1]"#))
            #expect(await told.messages.next() == event(String(largest.dropFirst(2))))
            #expect(await told.messages.next() == .tooLarge(bytes: (32 << 20) + 1))
            #expect(await told.messages.next() == event(#"["event",1]"#))
            service.send(
                .text(largest, fin: false), .text("1]", opcode: .continuation, fin: false),
                .text("2]", opcode: .continuation), .text(#"42["event",2]"#))
            #expect(await told.messages.next() == .tooLarge(bytes: (32 << 20) + 2))
            #expect(await told.messages.next() == event(#"["event",2]"#))
        }
        await service.stop()
    }

    @Test("a slow receiver stops the socket, and loses nothing")
    func backPressure() async throws {
        let count = 4000
        let filler = String(repeating: "x", count: 10_000)
        let service = try await FakeEventService.start()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let receive: @Sendable ([Message]) async throws -> Void = { batch in
            #expect(batch.count <= 512)
            // The first batch with an event waits for the gate.
            for message in batch where message == .event(Array(#"["first"]"#.utf8)) {
                for await _ in gate { break }
            }
        }
        try await withClient("http://127.0.0.1:\(service.port)", receive: receive) { _, told in
            #expect(await told.messages.next() == .connected)
            service.send(.text(#"42["first"]"#))
            for number in 0..<count {
                service.send(.text(#"42["event",\#(number),"\#(filler)"]"#))
            }
            opener.yield()
            #expect(await told.messages.next() == event(#"["first"]"#))
            for number in 0..<count {
                guard await told.messages.next() == event(#"["event",\#(number),"\#(filler)"]"#)
                else {
                    Issue.record("event \(number) is missing")
                    return
                }
            }
        }
        await service.stop()
    }

    @Test("an attempt that fails says why, and a cancelled client stops at once")
    func failures() async throws {
        let service = try await FakeEventService.start()
        let port = service.port
        try await withClient("http://127.0.0.1:\(port)/elsewhere") { _, told in
            #expect(await told.hears("the upstream answered 404 to the upgrade"))
        }
        await service.stop()
        try await withClient("http://127.0.0.1:\(port)") { _, told in
            #expect(await told.hears("cannot connect to 127.0.0.1:\(port): connection refused"))
        }
    }

    @Test("a service that accepts and says nothing is given up in time")
    func mute() async throws {
        let mute = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(mute.localAddress?.port)
        try await withClient("http://127.0.0.1:\(port)") {
            $0.connectTimeout = .milliseconds(50)
        } body: { _, told in
            #expect(await told.hears("the upstream did not answer the upgrade in time"))
        }
        try await mute.close()
        let silent = try await FakeEventService.start(greeting: [])
        try await withClient("http://127.0.0.1:\(silent.port)") {
            $0.connectTimeout = .milliseconds(50)
        } body: { _, told in
            #expect(await told.hears("no open packet came in time"))
        }
        await silent.stop()
    }
}

/// Passes on what a client warns about.
private struct FaultLog: LogHandler {
    let faults: AsyncStream<String>.Continuation
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        faults.yield("\(event.message)")
    }
}
