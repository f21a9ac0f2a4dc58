import Journal
import NIOCore

/// What the frames of a feed are.
enum FeedFormat: Hashable, Sendable {
    /// Server-sent events, in chunks of an HTTP/1.1 body.
    case sse(SSEFrame.Format)
    /// WebSocket messages, each of which carries a Socket.IO event; only of what is broadcast.
    case webSocket

    /// Appends the frame of a record; nothing where it is not for readers of this format.
    func append(_ record: Record, epoch: Epoch?, to bytes: inout [UInt8]) {
        switch self {
        case .sse(let format):
            SSEFrame.append(record, epoch: epoch, format, to: &bytes)
        case .webSocket:
            guard record.isBroadcast else { return }
            WebSocketMessage.append(EventStreamPacket.event(record), to: &bytes)
        }
    }

    /// Whole frames as they go to the socket.
    func enclose(_ frames: [UInt8]) -> ByteBuffer {
        switch self {
        case .sse: HTTPChunk.encode(frames)
        case .webSocket: ByteBuffer(bytes: frames)
        }
    }
}
