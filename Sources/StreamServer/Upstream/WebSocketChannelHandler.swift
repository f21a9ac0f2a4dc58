import NIOCore
import NIOWebSocket

/// Carries out what a ``SocketIOSession`` decides: the last handler of an upgraded channel.
///
/// Isolated to the channel's event loop. Messages go to the inbox once a read, in order. While the
/// inbox is full, or the service does not read what is sent to it, nothing is read.
final class WebSocketChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    private let configuration: SocketIOSession.Configuration
    private let inbox: UpstreamInbox
    private let ignored: () -> Void
    private var session: SocketIOSession?
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var batches: [UpstreamBatch] = []
    private var inboxHasRoom = true
    private var isReadHeld = false
    /// The next message is the beginning of one that is too large.
    private var isNextTruncated = false

    /// A handler for one channel, whose messages and whose reason to end go to `inbox`.
    ///
    /// `ignored` is called for every binary event that is skipped.
    init(
        _ configuration: SocketIOSession.Configuration, inbox: UpstreamInbox,
        ignored: @escaping () -> Void
    ) {
        self.configuration = configuration
        self.inbox = inbox
        self.ignored = ignored
    }

    // MARK: Calls from the connection

    /// The inbox has room again.
    func resumeReading() {
        guard let context, !inboxHasRoom else { return }
        inboxHasRoom = true
        perform(session?.resume(at: .now()) ?? [], context: context)
        readIfHeld(context: context)
    }

    /// The events that carried these ids are dealt with.
    func acknowledge(_ ids: [UInt64]) {
        guard let context, let session else { return }
        for id in ids {
            perform(session.delivered(acknowledging: id), context: context)
        }
        context.flush()
    }

    /// Ends the link from this side.
    func close(_ reason: String) {
        guard let context else { return }
        perform(session?.transportClosed(reason) ?? [], context: context)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let start = SocketIOSession.start(configuration, at: .now())
        session = start.session
        perform(start.actions, context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text where isNextTruncated, .binary where isNextTruncated:
            isNextTruncated = false
        case .text:
            let text = frame.unmaskedData
            let bytes = text.getBytes(at: text.readerIndex, length: text.readableBytes) ?? []
            perform(session?.receive(text: bytes, at: .now()) ?? [], context: context)
        case .binary:
            perform(session?.receiveBinary(at: .now()) ?? [], context: context)
        case .ping:
            send(.pong, frame.unmaskedData, context: context)
            context.flush()
        case .connectionClose:
            var code = frame.unmaskedData
            let text = code.readWebSocketErrorCode().map { " (\(UInt16(webSocketErrorCode: $0)))" }
            close("the service closed the WebSocket\(text ?? "")")
        default:
            // Pongs to nothing we asked, and opcodes nobody has defined. A continuation never
            // passes the aggregator.
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        session?.heard(at: .now())
        handOver()
        context.flush()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if inboxHasRoom, context.channel.isWritable {
            context.read()
        } else {
            isReadHeld = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        readIfHeld(context: context)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        close("the connection was closed")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError {
            close("the connection broke: \(error.sentence)")
        } else {
            close("the service broke the WebSocket protocol: \(error)")
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? WebSocketSizeHandler.TooLarge {
            isNextTruncated = event.endsTruncated
            deliver(.tooLarge(bytes: Int(clamping: event.bytes)))
        }
        if let event = event as? WebSocketSizeHandler.Endless {
            close("the service announced a frame of \(event.bytes) bytes")
        }
        context.fireUserInboundEventTriggered(event)
    }
}

// MARK: - Actions

extension WebSocketChannelHandler {
    private func perform(_ actions: [SocketIOSession.Action], context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .opened:
                deliver(.connected)
            case .send(let text):
                send(.text, context.channel.allocator.buffer(string: text), context: context)
            case .deliver(let event, let id):
                deliver(.event(event), acknowledging: id)
            case .settled:
                deliver(.settled)
            case .malformed(let fault):
                deliver(.malformed("A frame was skipped: \(fault)."))
            case .ignoredBinaryEvent:
                ignored()
            case .schedule(let deadline):
                schedule(at: deadline, context: context)
            case .close(let reason):
                finish(reason, context: context)
            }
        }
    }

    private func schedule(at deadline: NIODeadline, context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.perform(self.session?.time(at: .now()) ?? [], context: context)
            self.handOver()
        }
    }

    private func deliver(_ message: UpstreamClient.Message, acknowledging id: UInt64? = nil) {
        if let last = batches.indices.last, batches[last].append(message, acknowledging: id) {
            return
        }
        var batch = UpstreamBatch()
        _ = batch.append(message, acknowledging: id)
        batches.append(batch)
    }

    private func handOver() {
        guard !batches.isEmpty else { return }
        inboxHasRoom = inbox.append(batches)
        batches.removeAll()
        if !inboxHasRoom { session?.pause() }
    }

    private func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, context: ChannelHandlerContext)
    {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.write(wrapOutboundOut(frame), promise: nil)
    }

    private func readIfHeld(context: ChannelHandlerContext) {
        guard isReadHeld, inboxHasRoom, context.channel.isWritable else { return }
        isReadHeld = false
        context.read()
    }

    /// Hands over what is left and closes, with a close frame where it can still be sent.
    private func finish(_ reason: String, context: ChannelHandlerContext) {
        timer?.cancel()
        handOver()
        inbox.finish(reason)
        guard context.channel.isActive else { return }
        var code = context.channel.allocator.buffer(capacity: 2)
        code.write(webSocketErrorCode: .normalClosure)
        send(.connectionClose, code, context: context)
        context.flush()
        context.close(promise: nil)
    }
}
