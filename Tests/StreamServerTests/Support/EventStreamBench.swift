import Journal
import NIOCore
import NIOEmbedded
import NIOPosix
import NIOWebSocket

@testable import StreamServer

/// One WebSocket on a channel without a socket, whose hub is told of publications by hand.
final class EventStreamBench: Sendable {
    static let response = Array("HTTP/1.1 101\r\n\r\n".utf8)

    let channel: NIOAsyncTestingChannel
    private let pool: NIOThreadPool
    private let hub: NIOLoopBound<Hub>
    private let publications = Locked<[Publication]>([])

    /// Opens a WebSocket with a session of its own, or one that wants to take over `polling`.
    init(
        _ service: StreamService, _ pool: NIOThreadPool, polling: PollingSession? = nil,
        rights: EventStreamRights = .known(.everything)
    ) async throws {
        let channel = NIOAsyncTestingChannel()
        let end = Cursor(next: service.journal.end)
        let epoch = service.journal.epochs.current
        service.journal.observe { [publications] publication in
            publications.withLock { $0.append(publication) }
        }
        if polling == nil { try service.eventStream.sessions.enter() }
        try await channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere"))
        hub = try await channel.testingEventLoop.executeInContext {
            let hub = Hub(eventLoop: channel.eventLoop, end: end, epoch: epoch)
            let socket = EventStreamSocket(
                response: EventStreamBench.response, rights: rights, polling: polling,
                service: service.eventStream, hub: hub)
            try channel.pipeline.syncOperations.addHandlers([WebSocketFrameCheck(), socket])
            return NIOLoopBound(hub, eventLoop: channel.eventLoop)
        }
        self.channel = channel
        self.pool = pool
        try await settle()
    }

    /// Waits until the WebSocket has nothing more to do.
    func settle() async throws {
        // One turn for each read that follows from another, and some to spare.
        for _ in 0..<8 {
            // The pool has one thread: what was wanted read has been read after this.
            try await pool.runIfActive {}
            await channel.testingEventLoop.run()
        }
    }

    /// The client says these, in one read of the socket.
    func say(_ packets: String..., settling: Bool = true) async throws {
        for packet in packets {
            try await send(
                WebSocketFrame(
                    fin: true, opcode: .text, maskKey: [1, 2, 3, 4],
                    data: EventStreamBench.masked(Array(packet.utf8))))
        }
        let channel = channel
        try await channel.testingEventLoop.executeInContext {
            channel.pipeline.fireChannelReadComplete()
        }
        if settling { try await settle() }
    }

    /// A frame comes, as it stands.
    func send(_ frame: WebSocketFrame) async throws {
        let channel = channel
        try await channel.testingEventLoop.executeInContext {
            channel.pipeline.fireChannelRead(frame)
        }
    }

    /// Something goes wrong before the WebSocket.
    func fail(_ error: some Error) async throws {
        let channel = channel
        try await channel.testingEventLoop.executeInContext {
            channel.pipeline.fireErrorCaught(error)
        }
        try await settle()
    }

    /// An event comes from the socket.
    func fire(_ event: some Sendable) async throws {
        let channel = channel
        try await channel.testingEventLoop.executeInContext {
            channel.pipeline.fireUserInboundEventTriggered(event)
        }
        try await settle()
    }

    /// Tells the hub what has been published.
    func deliver() async throws {
        let hub = hub
        let publications = publications
        try await channel.testingEventLoop.executeInContext {
            hub.value.take(
                publications.withLock { waiting in
                    defer { waiting = [] }
                    return waiting
                })
        }
        try await settle()
    }

    /// Gives the socket room, or takes it.
    func setWritable(_ isWritable: Bool) async throws {
        channel.isWritable = isWritable
        let channel = channel
        try await channel.testingEventLoop.executeInContext {
            channel.pipeline.fireChannelWritabilityChanged()
        }
        try await settle()
    }

    /// Puts the event loop's clock to `seconds` after its start.
    func tick(after seconds: Int64) async throws {
        await channel.testingEventLoop.advanceTime(
            to: .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000))
        try await settle()
    }

    /// What was sent since this was asked last: texts, and how the connection was closed.
    func sent() async throws -> [String] {
        var bytes = ByteBuffer()
        while var written = try await channel.readOutbound(as: ByteBuffer.self) {
            bytes.writeBuffer(&written)
        }
        var sent: [String] = []
        if bytes.readableBytesView.starts(with: EventStreamBench.response) {
            bytes.moveReaderIndex(forwardBy: EventStreamBench.response.count)
        }
        while let header = WebSocketFrameHeader(bytes, at: bytes.readerIndex) {
            let opcode = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self).map { $0 & 0x0F }
            bytes.moveReaderIndex(forwardBy: header.bytes)
            guard var payload = bytes.readSlice(length: Int(header.payloadBytes)) else { break }
            switch opcode {
            case 8:
                let code = payload.readInteger(as: UInt16.self) ?? 0
                sent.append("close \(code) \(String(buffer: payload))")
            case 10: sent.append("pong \(String(buffer: payload))")
            default: sent.append(String(buffer: payload))
            }
        }
        return sent
    }

    /// Whether the connection is open.
    var isOpen: Bool { channel.isActive }

    static func masked(_ bytes: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: bytes)
        buffer.webSocketMask([1, 2, 3, 4])
        return buffer
    }
}
