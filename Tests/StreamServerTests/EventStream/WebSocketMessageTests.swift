import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import StreamServer

@Suite("WebSocket messages")
struct WebSocketMessageTests {
    /// The frames that a client reads.
    private func frames(_ bytes: [UInt8]) throws -> [WebSocketFrame] {
        let channel = EmbeddedChannel(
            handler: ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 20)))
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        var frames: [WebSocketFrame] = []
        while let frame = try channel.readInbound(as: WebSocketFrame.self) { frames.append(frame) }
        _ = try channel.finish(acceptAlreadyClosed: true)
        return frames
    }

    @Test(
        "a text of any length is one frame, unmasked",
        arguments: [0, 1, 125, 126, 65_535, 65_536, 100_000])
    func lengths(count: Int) throws {
        let message = Array(repeating: UInt8(ascii: "x"), count: count)
        var bytes: [UInt8] = []
        WebSocketMessage.append(message, to: &bytes)
        WebSocketMessage.append([0x31], to: &bytes)
        let frames = try frames(bytes)
        #expect(frames.map(\.opcode) == [.text, .text])
        #expect(frames.allSatisfy { $0.fin && $0.maskKey == nil })
        #expect(frames.first.map { Array($0.data.readableBytesView) } == message)
    }

    @Test("a close has its code and its reason, cut to what a frame takes")
    func close() throws {
        let long = String(repeating: "ä", count: 100)
        for reason in ["", "the server stops", long] {
            let frame = try #require(try frames(WebSocketMessage.close(1001, reason)).first)
            #expect(frame.opcode == .connectionClose)
            var data = frame.data
            #expect(data.readInteger(as: UInt16.self) == 1001)
            let told = String(buffer: data)
            #expect(reason.hasPrefix(told))
            #expect(reason.utf8.count > 123 ? told.utf8.count == 122 : told == reason)
        }
    }

    @Test("a pong repeats the ping")
    func pong() throws {
        let frame = try #require(try frames(WebSocketMessage.pong([1, 2, 3])).first)
        #expect(frame.opcode == .pong)
        #expect(Array(frame.data.readableBytesView) == [1, 2, 3])
    }
}
