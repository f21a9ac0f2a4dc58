import NIOCore

/// Closes a connection on which the head of a request takes too long from its first byte on:
/// whoever sends a byte now and then would keep the connection for as long as they like (slowloris).
///
/// Confined to its event loop. Sits next to the socket, and is told of heads by the
/// ``RequestDispatcher``.
final class HeadWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum State {
        /// No request is under way. → arriving
        case quiet
        /// The head of a request arrives, since then. → answering
        case arriving(since: NIODeadline)
        /// The head has come, the rest of the request may have. → quiet
        case answering
    }

    private let connections: Connections
    private let timeMax: TimeAmount
    private var state = State.quiet
    private var timer: Scheduled<Void>?

    init(_ connections: Connections) {
        self.connections = connections
        timeMax = .seconds(Int64(connections.limits.headSecondsMax))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .quiet = state {
            state = .arriving(since: context.eventLoop.now)
            // One timer serves all heads that come before it is due.
            if timer == nil { schedule(at: context.eventLoop.now + timeMax, context) }
        }
        context.fireChannelRead(data)
    }

    /// The head of a request has come.
    func headCame() {
        state = .answering
    }

    /// The request has come to its end.
    func requestEnded() {
        state = .quiet
    }

    private func schedule(at deadline: NIODeadline, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (watch, context) = bound.value
            watch.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        guard case .arriving(let since) = state else { return }
        guard context.eventLoop.now >= since + timeMax else {
            return schedule(at: since + timeMax, context)
        }
        connections.closedSlowHead()
        context.close(promise: nil)
    }
}
