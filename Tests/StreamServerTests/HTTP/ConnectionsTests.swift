import NIOCore
import NIOEmbedded
import Testing

@testable import StreamServer

@Suite("Connections")
struct ConnectionsTests {
    @Test("there are as many as there may be, then some that are told so, then none")
    func count() {
        let connections = Connections(ConnectionLimits(countMax: 3))
        for _ in 0..<3 { #expect(connections.enter(address: "a") == .welcome) }
        for _ in 0..<256 { #expect(connections.enter(address: "b") == .refused) }
        #expect(connections.enter(address: "c") == .closed)
        #expect(connections.count == 3)
        #expect(connections.count(of: .count) == 257)
        connections.leave(.closed, address: "c")
        #expect(connections.enter(address: "c") == .closed)
        connections.leave(.refused, address: "b")
        #expect(connections.enter(address: "c") == .refused)
        connections.leave(.welcome, address: "a")
        #expect(connections.enter(address: "c") == .welcome)
        #expect(connections.enter(address: "c") != .welcome)
    }

    @Test("one address has as many as it may, and is in no other's way")
    func address() {
        let connections = Connections(ConnectionLimits(countMax: 9, perAddressMax: 2))
        for address in ["a", "b", "a", "b"] {
            #expect(connections.enter(address: address) == .welcome)
        }
        #expect(connections.enter(address: "a") == .refused)
        #expect(connections.count(of: .address) == 1)
        #expect(connections.enter(address: "c") == .welcome)
        connections.leave(.welcome, address: "a")
        #expect(connections.enter(address: "a") == .welcome)
    }

    // MARK: Heads

    /// A connection whose heads may take 20 s, and what it was told of them.
    private struct Watched {
        let channel = NIOAsyncTestingChannel()
        let connections = Connections(ConnectionLimits())
        let watch: NIOLoopBound<HeadWatch>

        init() async throws {
            let (channel, connections) = (channel, connections)
            try await channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere"))
            watch = try await channel.testingEventLoop.executeInContext {
                let watch = HeadWatch(connections)
                try channel.pipeline.syncOperations.addHandler(watch)
                return NIOLoopBound(watch, eventLoop: channel.testingEventLoop)
            }
        }

        /// So many bytes come, one after so many seconds each.
        func trickle(_ count: Int, every seconds: Int64) async throws {
            for _ in 0..<count {
                try await channel.writeInbound(ByteBuffer(string: "x"))
                await channel.testingEventLoop.advanceTime(by: .seconds(seconds))
            }
        }

        func tell(_ body: @escaping @Sendable (HeadWatch) -> Void) async throws {
            let watch = watch
            try await channel.testingEventLoop.executeInContext { body(watch.value) }
        }
    }

    @Test("a head that takes too long from its first byte ends the connection, however it trickles")
    func slow() async throws {
        let watched = try await Watched()
        await watched.channel.testingEventLoop.advanceTime(by: .seconds(100))
        #expect(watched.channel.isActive, "who has said nothing is not slow")
        try await watched.trickle(19, every: 1)
        #expect(watched.channel.isActive)
        await watched.channel.testingEventLoop.advanceTime(by: .seconds(1))
        #expect(!watched.channel.isActive)
        #expect(watched.connections.count(of: .slowHead) == 1)
    }

    @Test("heads that come in time end nothing, nor does a body that takes long")
    func good() async throws {
        let watched = try await Watched()
        for _ in 0..<5 {
            try await watched.trickle(1, every: 15)
            try await watched.tell { $0.headCame() }
            try await watched.trickle(3, every: 15)
            try await watched.tell { $0.requestEnded() }
        }
        #expect(watched.channel.isActive)
        try await watched.trickle(1, every: 20)
        #expect(!watched.channel.isActive, "a later head is watched as well")
        #expect(watched.connections.count(of: .slowHead) == 1)
    }
}
