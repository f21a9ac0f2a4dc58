import NIOCore

/// Applies a ``WebSocketFrameFilter`` to the bytes of a channel, in front of the frame decoder.
///
/// Tells what it left out as a user event, ``TooLarge`` or ``Endless``, in its place among the
/// messages.
final class WebSocketSizeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// A message was left out.
    struct TooLarge: Sendable {
        /// Its bytes as far as they are announced.
        let bytes: UInt64
        /// Whether the next message is its beginning, and has to be dropped.
        let endsTruncated: Bool
    }

    /// A frame announces so many bytes that the link is of no more use.
    struct Endless: Sendable {
        let bytes: UInt64
    }

    private var filter: WebSocketFrameFilter

    init(messageBytesMax: Int) {
        filter = WebSocketFrameFilter(messageBytesMax: messageBytesMax)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for piece in filter.filter(unwrapInboundIn(data)) {
            switch piece {
            case .bytes(let bytes):
                context.fireChannelRead(wrapInboundOut(bytes))
            case .tooLarge(let bytes, let endsTruncated):
                context.fireUserInboundEventTriggered(
                    TooLarge(bytes: bytes, endsTruncated: endsTruncated))
            case .endless(let bytes):
                context.fireUserInboundEventTriggered(Endless(bytes: bytes))
            }
        }
    }
}
