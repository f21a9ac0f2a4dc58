import Journal
import Logging
import NIOCore
import NIOWebSocket

/// One WebSocket of the Event Stream: joins an ``EventStreamSession`` to a socket.
///
/// Sits next to the socket, behind the frame decoder and below HTTP. What goes out is written as it
/// stands, the frames of a feed for all clients alike. While answers wait, or the socket has no
/// room, nothing is read from the client. Confined to its event loop; owns no task and no queue.
final class EventStreamSocket: ChannelDuplexHandler, RemovableChannelHandler, HubReader {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// A client that has been told why the connection closes, and does not take it, is cut off.
    private static let farewellMax = TimeAmount.seconds(5)

    private enum Phase {
        /// The client has a session that it polls, and has said nothing here. → probing, closing
        case offered(UpgradeProbe, PollingSession)
        /// Its polls are held back, and it may take the session over. → open, closing
        case probing(UpgradeProbe, PollingSession)
        /// → closing
        case open(EventStreamSession)
        /// A close frame is on its way, since then. No way out.
        case closing(since: NIODeadline)
    }

    private let service: EventStreamService
    private let hub: Hub
    private let response: [UInt8]
    private var phase: Phase
    private var context: ChannelHandlerContext?
    private var feed: Feed?
    private var bufferedBytes = 0
    private var isPumping = false
    private var isPumpWanted = false
    private var isReadHeld = false

    /// A WebSocket that wants to take over `polling`, or with a session of its own, which has
    /// entered; `response` is the head of the response to its request.
    ///
    /// `rights` are those of a session of its own.
    init(
        response: [UInt8], rights: EventStreamRights, polling: PollingSession?,
        service: EventStreamService, hub: Hub
    ) {
        self.response = response
        self.service = service
        self.hub = hub
        phase =
            if let polling {
                .offered(UpgradeProbe(at: hub.eventLoop.now), polling)
            } else {
                .open(service.makeSession(rights, at: hub.eventLoop.now))
            }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let silenceMax = EventStreamSession.times.silenceMax
        ReaderSocket.setOptions(context.channel, silenceMax: silenceMax, logger: service.logger)
        service.hubs.count(1)
        hub.watch(self)
        write(response)
        if case .open(let session) = phase {
            send([session.openPacket(upgrades: [])])
            follow(session)
        }
        context.flush()
        context.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        hub.unwatch(self)
        service.hubs.count(-1)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength,
            NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge:
            let bytesMax = EventStreamSession.payloadBytesMax
            close(.messageTooLarge, "a message may have \(bytesMax) bytes")
        case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error,
            is WebSocketFrameCheck.Violation:
            close(.protocolError, "this is no WebSocket message")
        default:
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            // Without Engine.IO's own close packet, after which clients do not come back.
            close(.goingAway, "the server stops")
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Reading

    /// The handlers behind this one wait for a request to be answered; here is read on.
    func read(context: ChannelHandlerContext) {}

    func channelReadComplete(context: ChannelHandlerContext) {
        pump()
        context.fireChannelReadComplete()
        readOn()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump()
        context.fireChannelWritabilityChanged()
    }

    /// Reads from the client, unless it first has to take what it asked for.
    private func readOn() {
        guard let context else { return }
        switch phase {
        case .open(let session) where session.isBusy || !context.channel.isWritable:
            isReadHeld = true
        case .open, .offered, .probing, .closing:
            isReadHeld = false
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch phase {
        case .closing: return
        case .open, .offered, .probing: break
        }
        switch frame.opcode {
        case .text: receive(Array(frame.unmaskedData.readableBytesView))
        case .ping: write(WebSocketMessage.pong(Array(frame.unmaskedData.readableBytesView)))
        case .connectionClose: close(.normalClosure, "")
        // A binary message is an attachment of an event that is of no interest here. A
        // continuation never passes the aggregator.
        default: break
        }
    }

    private func receive(_ packet: [UInt8]) {
        do throws(FrameFault) {
            switch phase {
            case .offered(var probe, let polling):
                let action = try probe.receive(packet)
                perform(action, probe, polling)
            case .probing(var probe, let polling):
                let action = try probe.receive(packet)
                perform(action, probe, polling)
            case .open(var session):
                let end = Cursor(next: service.source.end)
                try session.receive(packet, at: hub.eventLoop.now, end: end)
                phase = .open(session)
                follow(session)
                if session.isBusy { step() }
            case .closing:
                break
            }
        } catch {
            close(.policyViolation, "\(error)")
        }
    }

    private func perform(
        _ action: UpgradeProbe.Action, _ probe: UpgradeProbe, _ polling: PollingSession
    ) {
        switch action {
        case .answer:
            guard polling.beginProbe() else {
                return close(.policyViolation, "the session is over, or another WebSocket's")
            }
            phase = .probing(probe, polling)
            send([Array("3probe".utf8)])
        case .takeOver:
            guard let session = polling.move() else {
                return close(.policyViolation, "the session is over")
            }
            service.sessions.remove(polling)
            phase = .open(session)
            follow(session)
        case .ignore:
            break
        }
    }

    // MARK: Sending

    /// Takes what is live of the runs that the session may be told of, which it is to say when it
    /// joins at the latest.
    private func follow(_ session: EventStreamSession) {
        let key = Feed.Key(selection: session.rights.selection, format: .webSocket)
        guard feed?.key != key else { return }
        if let feed { hub.remove(self, from: feed) }
        feed = hub.add(self, to: key)
    }

    /// Sends what there is, as long as the socket takes it.
    ///
    /// A write may fill the socket's buffer and a flush may empty it, and both tell this handler at
    /// once, in the middle of the call: then the round that runs goes on for one more.
    func pump() {
        isPumpWanted = true
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while isPumpWanted, context != nil {
            isPumpWanted = false
            step()
            context?.flush()
        }
        if isReadHeld { readOn() }
    }

    /// Writes, without a flush, all that can be sent without waiting.
    private func step() {
        while let context, let feed, case .open(var session) = phase {
            let action = session.next(
                at: hub.eventLoop.now, isWritable: context.channel.isWritable,
                feedStart: feed.start, end: hub.end)
            phase = .open(session)
            switch action {
            case .wait:
                return
            case .send(let packets):
                send(packets)
            case .take(let cursor):
                let chunk = feed.chunk(from: cursor, end: hub.end)
                session.sent(chunk.count, to: chunk.cursor)
                phase = .open(session)
                if chunk.count > 0 { context.write(wrapOutboundOut(chunk.bytes), promise: nil) }
            case .read(let read):
                return perform(read)
            case .end(let reason):
                close(.normalClosure, reason)
            }
        }
    }

    private func perform(_ read: EventStreamRead) {
        let bound = NIOLoopBound(self, eventLoop: hub.eventLoop)
        service.perform(read, packetsMax: .max, on: hub.eventLoop)
            .whenComplete { bound.value.arrived($0, for: read) }
    }

    private func arrived(
        _ result: Result<EventStreamRead.Reply, any Error>, for read: EventStreamRead
    ) {
        guard case .open(var session) = phase, session.awaits(read) else { return }
        switch result {
        case .failure(let error):
            service.logger.error("the journal cannot be read", metadata: ["error": "\(error)"])
            close(.unexpectedServerError, "the journal cannot be read")
        case .success(let reply):
            let packets = session.arrived(reply)
            phase = .open(session)
            send(packets)
            pump()
        }
    }

    private func send(_ packets: [[UInt8]]) {
        var bytes: [UInt8] = []
        for packet in packets { WebSocketMessage.append(packet, to: &bytes) }
        write(bytes)
    }

    private func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        context?.write(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    // MARK: Time

    func tick(_ now: NIODeadline) {
        guard let context else { return }
        switch phase {
        case .offered(let probe, _), .probing(let probe, _):
            if now >= probe.deadline { close(.policyViolation, "the session was not taken over") }
        case .open(var session):
            let buffered = ReaderSocket.bufferedBytes(context.channel)
            if buffered < bufferedBytes {
                session.progressed(at: now)
                phase = .open(session)
            }
            bufferedBytes = buffered
            pump()
        case .closing(let since):
            if now - since > EventStreamSocket.farewellMax { context.close(promise: nil) }
        }
    }

    // MARK: Ending

    /// Says why, and closes the connection once that has left.
    private func close(_ code: WebSocketErrorCode, _ reason: String) {
        guard let context else { return }
        switch phase {
        case .closing: return
        case .open, .offered, .probing: break
        }
        finish()
        write(WebSocketMessage.close(UInt16(webSocketErrorCode: code), reason))
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    /// Lets go of the session.
    private func finish() {
        switch phase {
        case .closing: return
        case .offered: break
        case .probing(_, let polling): polling.cancelProbe()
        case .open: service.sessions.leave()
        }
        phase = .closing(since: hub.eventLoop.now)
        if let feed { hub.remove(self, from: feed) }
        feed = nil
    }
}
