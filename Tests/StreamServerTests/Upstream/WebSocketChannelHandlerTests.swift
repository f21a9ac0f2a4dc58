import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import StreamServer

@Suite("WebSocket channel handler")
struct WebSocketChannelHandlerTests {
    /// Counts the reads that reach the socket.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = WebSocketFrame
        var reads = 0

        func read(context: ChannelHandlerContext) {
            reads += 1
            context.read()
        }
    }

    @Test("a full inbox stops reading, and taking a batch starts it again")
    func backPressure() throws {
        let inbox = UpstreamInbox()
        let counter = ReadCounter()
        let handler = WebSocketChannelHandler(.init(), inbox: inbox, ignored: {})
        let channel = EmbeddedChannel(handlers: [counter, handler])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        channel.pipeline.fireChannelRead(WebSocketFrame.text(FakeEventService.open))
        let frames = UpstreamInbox.batchesMax * UpstreamBatch.messagesMax
        for _ in 0..<frames {
            channel.pipeline.fireChannelRead(WebSocketFrame.text(#"42["event"]"#))
        }
        let before = counter.reads
        channel.pipeline.read()
        #expect(counter.reads == before + 1)
        channel.pipeline.fireChannelReadComplete()
        channel.pipeline.read()
        channel.pipeline.read()
        #expect(counter.reads == before + 1)

        var events = 0
        while case .batch(let batch, let reopened) = inbox.take() {
            events += batch.messages.count
            if reopened { handler.resumeReading() }
        }
        #expect(events == frames + 1)
        #expect(counter.reads == before + 2)
        channel.pipeline.read()
        #expect(counter.reads == before + 3)
        _ = try? channel.finish()
    }

    @Test("nothing is read while the service does not read what is sent to it")
    func writability() throws {
        let counter = ReadCounter()
        let handler = WebSocketChannelHandler(.init(), inbox: UpstreamInbox(), ignored: {})
        let channel = EmbeddedChannel(handlers: [counter, handler])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        channel.isWritable = false
        let before = counter.reads
        channel.pipeline.read()
        #expect(counter.reads == before)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(counter.reads == before + 1)
        _ = try? channel.finish()
    }

    @Test("the reason of the end comes after the last message, and a close frame goes out")
    func end() throws {
        let inbox = UpstreamInbox()
        let handler = WebSocketChannelHandler(.init(), inbox: inbox, ignored: {})
        let channel = EmbeddedChannel(handler: handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        channel.pipeline.fireChannelRead(WebSocketFrame.text(FakeEventService.open))
        channel.pipeline.fireChannelRead(WebSocketFrame.text("41"))
        guard case .batch(let batch, _) = inbox.take() else {
            Issue.record("no batch")
            return
        }
        #expect(batch.messages == [.connected])
        guard case .finished("the service ended the namespace /") = inbox.take() else {
            Issue.record("not finished")
            return
        }
        let join = try #require(try channel.readOutbound(as: WebSocketFrame.self))
        #expect(String(buffer: join.data) == "40")
        #expect(join.maskKey != nil)
        let close = try #require(try channel.readOutbound(as: WebSocketFrame.self))
        #expect(close.opcode == .connectionClose)
        #expect(!channel.isActive)
    }
}
