import NIOCore
import NIOWebSocket

/// Lets through only frames that a client may send (RFC 6455, section 5): masked, of a known kind,
/// and without extensions, of which none is agreed on.
final class WebSocketFrameCheck: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    /// A frame that no client may send.
    struct Violation: Error {}

    private static let opcodes: [WebSocketOpcode] = [
        .continuation, .text, .binary, .connectionClose, .ping, .pong,
    ]

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3,
            WebSocketFrameCheck.opcodes.contains(frame.opcode)
        else { return context.fireErrorCaught(Violation()) }
        context.fireChannelRead(data)
    }
}
