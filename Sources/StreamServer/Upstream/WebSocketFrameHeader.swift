import NIOCore

/// The first bytes of a WebSocket frame (RFC 6455, section 5.2).
struct WebSocketFrameHeader: Equatable {
    /// The header's own length with the mask: 2 to 14.
    let bytes: Int

    /// The length of the payload that follows.
    let payloadBytes: UInt64

    /// Whether the message ends with this frame.
    let isFinal: Bool

    /// Whether the frame goes on with the message that one before it began.
    let isContinuation: Bool

    /// Whether it is a close, ping or pong, which may stand between fragments.
    let isControl: Bool

    /// Reads the header at `index`; nil if not all of it is there.
    init?(_ buffer: ByteBuffer, at index: Int) {
        guard let flags = buffer.getInteger(at: index, as: UInt8.self),
            let length = buffer.getInteger(at: index + 1, as: UInt8.self)
        else { return nil }
        let extra: Int
        switch length & 0x7f {
        case 126:
            guard let long = buffer.getInteger(at: index + 2, as: UInt16.self) else { return nil }
            (extra, payloadBytes) = (2, UInt64(long))
        case 127:
            guard let long = buffer.getInteger(at: index + 2, as: UInt64.self) else { return nil }
            (extra, payloadBytes) = (8, long)
        case let short:
            (extra, payloadBytes) = (0, UInt64(short))
        }
        bytes = 2 + extra + (length & 0x80 == 0 ? 0 : 4)
        guard buffer.writerIndex - index >= bytes else { return nil }
        isFinal = flags & 0x80 != 0
        isContinuation = flags & 0x0f == 0
        isControl = flags & 0x08 != 0
    }
}
