import Journal
import Logging
import NIOCore
import NIOPosix

/// One open stream of server-sent events: joins a ``Subscriber`` or a replay's ``Player`` to a
/// socket.
///
/// Sits next to the socket, below HTTP: writes go out as they are, and whatever the client still
/// sends is dropped. Confined to its event loop; owns no task and no queue.
final class SSEStream: ChannelInboundHandler, RemovableChannelHandler, HubReader {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A stream that takes nothing for this long is closed.
    private static let stallMax = TimeAmount.seconds(30)
    /// A stream that has been told good-bye and does not take it is closed after this.
    private static let farewellMax = TimeAmount.seconds(5)
    private static let pingInterval = TimeAmount.seconds(Int64(StreamOpening.pingSeconds))

    let service: StreamService
    let request: StreamRequest
    let hub: Hub
    /// The origin of another's page that may see the stream; nil for none.
    private let origin: String?
    private var context: ChannelHandlerContext?
    var subscriber: Subscriber?
    private var feed: Feed?
    var replay: StreamOpening.Replaying?
    var replayTimer: Scheduled<Void>?
    var isReading = false
    var isClosing = false
    private var isPumping = false
    private var isPumpWanted = false
    private var lastFrame: NIODeadline
    private var lastProgress: NIODeadline
    private var bufferedBytes = 0
    private var farewell: NIODeadline?

    init(_ request: StreamRequest, service: StreamService, hub: Hub, origin: String? = nil) {
        self.origin = origin
        lastFrame = hub.eventLoop.now
        lastProgress = hub.eventLoop.now
        self.request = request
        self.service = service
        self.hub = hub
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        ReaderSocket.setOptions(
            context.channel, silenceMax: SSEStream.stallMax, logger: service.logger)
        hub.watch(self)
        service.hubs.count(1)
        let request = request
        let service = service
        let clock = hub.eventLoop.now.uptimeNanoseconds
        run(on: request.scans ? service.scanPool : service.pool) {
            try StreamOpening.make(
                request, service.journal, now: service.now(), clockNanoseconds: clock)
        } then: {
            $0.opened($1)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        hub.unwatch(self)
        service.hubs.count(-1)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { lastProgress = hub.eventLoop.now }
        pump()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            sayGoodbye("drain")
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Opening

    private func opened(_ result: Result<StreamOpening, any Error>) {
        isReading = false
        guard !isClosing else { return }
        switch result {
        case .failure(let error):
            service.logger.error("a stream cannot be opened", metadata: ["error": "\(error)"])
            refuse(error as? Problem ?? Problem(500, "the journal cannot be read"))
        case .success(let opening):
            if opening.replay?.isEmpty == true, opening.replay?.goesLive == false {
                return respond(204, headers: "", body: [])
            }
            write(raw: head)
            write(frames: opening.frames)
            subscriber = Subscriber(cursor: opening.cursor, seq: opening.seq)
            if let replay = opening.replay {
                self.replay = replay
            } else {
                joinFeed()
            }
            pump()
        }
    }

    private static let head =
        """
        HTTP/1.1 200 OK\r
        Content-Type: text/event-stream; charset=utf-8\r
        Cache-Control: no-store, no-transform\r
        X-Accel-Buffering: no\r
        X-Content-Type-Options: nosniff\r
        Transfer-Encoding: chunked\r
        Connection: keep-alive\r

        """

    private var head: [UInt8] { Array("\(SSEStream.head)\(crossOrigin)\r\n".utf8) }

    /// The headers that show the answer to a page of another origin.
    private var crossOrigin: String {
        origin.map { "Access-Control-Allow-Origin: \($0)\r\nVary: Origin\r\n" } ?? ""
    }

    private func refuse(_ problem: Problem) {
        respond(
            problem.status, headers: "Content-Type: application/problem+json\r\n",
            body: problem.json)
    }

    private func respond(_ status: Int, headers: String, body: [UInt8]) {
        let length = status == 204 ? "" : "Content-Length: \(body.count)\r\n"
        write(
            raw: Array(
                ("HTTP/1.1 \(status) \(status == 204 ? "No Content" : "Error")\r\n\(headers)"
                    + "\(length)Cache-Control: no-store\r\n\(crossOrigin)Connection: close\r\n\r\n")
                    .utf8)
                + body)
        close()
    }

    func joinFeed() {
        feed = hub.add(
            self, to: Feed.Key(selection: request.selection, format: .sse(request.format)))
    }

    // MARK: Sending

    /// Sends what there is, as long as the socket takes it.
    ///
    /// A write may fill the socket's buffer and a flush may empty it, and both tell this handler at
    /// once, in the middle of the call: then the round that runs goes on for one more.
    func pump() {
        isPumpWanted = true
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while isPumpWanted, let context, !isClosing, subscriber != nil {
            isPumpWanted = false
            if replay != nil { pumpReplay(context) } else { pumpLive(context) }
            self.context?.flush()
        }
    }

    private func pumpLive(_ context: ChannelHandlerContext) {
        while let feed, !isClosing {
            let action =
                subscriber?.next(
                    isWritable: context.channel.isWritable, feedStart: feed.start, end: hub.end)
                ?? .wait
            switch action {
            case .wait:
                return
            case .announceLive:
                announceLive()
            case .take(let cursor):
                let chunk = feed.chunk(from: cursor, end: hub.end)
                subscriber?.sent(
                    chunk.count, to: chunk.cursor, lastSent: chunk.lastSent, seq: chunk.seq)
                if chunk.count > 0 { send(chunk.bytes) }
            case .read(let cursor):
                return readBacklog(from: cursor)
            }
        }
    }

    private func readBacklog(from cursor: Cursor) {
        let request = request
        let journal = service.journal
        run(on: service.pool) {
            try FramedPage.read(
                request.selection, from: cursor, request.format, requested: request.requestedID,
                journal)
        } then: {
            $0.arrived($1)
        }
    }

    private func arrived(_ result: Result<FramedPage, any Error>) {
        guard !isClosing else { return }
        switch result {
        case .failure(let error):
            service.logger.error("the journal cannot be read", metadata: ["error": "\(error)"])
            sayGoodbye("overloaded")
        case .success(let page):
            subscriber?.sent(
                page.count, to: page.cursor, lastSent: page.lastSent, seq: page.seq)
            readAhead()
            if page.bytes.readableBytes > 0 { send(page.bytes) }
            pump()
        }
    }

    /// Has the next page of a long backlog read while the last one is written.
    ///
    /// Only where the socket had taken all before that: two pages are held at most.
    private func readAhead() {
        guard let context, context.channel.isWritable, let feed, let reader = subscriber,
            reader.cursor < hub.end, reader.cursor < feed.start
        else { return }
        let action = subscriber?.next(isWritable: true, feedStart: feed.start, end: hub.end)
        if case .read(let cursor) = action { readBacklog(from: cursor) }
    }

    private func announceLive() {
        var object = JSONObject()
        object.add("latest", latestID)
        object.add("seq", request.run == nil ? nil : subscriber?.seq.rawValue)
        object.add("replayed", subscriber?.replayed)
        var frame: [UInt8] = []
        SSEFrame.append(event: "stream_live", object, to: &frame)
        write(frames: frame)
    }

    // MARK: Time

    /// Called a few times a second: says `ping` where it has been quiet, closes what is stalled.
    func tick(_ now: NIODeadline) {
        guard let context else { return }
        if let farewell, now - farewell > SSEStream.farewellMax {
            return context.close(promise: nil)
        }
        guard subscriber != nil, !isClosing else { return }
        if let expires = request.expires, service.now() >= expires {
            return sayGoodbye("token_expiring")
        }
        guard context.channel.isWritable else { return watchStall(context, now) }
        lastProgress = now
        // A feed without news wakes nobody: here its readers move over what they skipped.
        pump()
        guard now - lastFrame >= SSEStream.pingInterval else { return }
        var frames: [UInt8] = []
        if let current = subscriber, current.cursor > current.told {
            SSEFrame.append(cursor: current.cursor, epoch: hub.epoch, to: &frames)
            subscriber?.toldCursor()
        }
        var object = JSONObject()
        object.add("timestamp", service.now())
        object.add("latest", latestID)
        object.add("seq", request.run == nil ? nil : subscriber?.seq.rawValue)
        object.add("interval", StreamOpening.pingSeconds)
        SSEFrame.append(event: "ping", object, to: &frames)
        write(frames: frames)
        context.flush()
    }

    /// Closes a stream whose socket has taken nothing for too long; slow is not stalled.
    private func watchStall(_ context: ChannelHandlerContext, _ now: NIODeadline) {
        let buffered = ReaderSocket.bufferedBytes(context.channel)
        if buffered < bufferedBytes { lastProgress = now }
        bufferedBytes = buffered
        if now - lastProgress > SSEStream.stallMax { context.close(promise: nil) }
    }

    // MARK: Ending

    func sayGoodbye(_ reason: String) {
        guard !isClosing else { return }
        if subscriber == nil {
            // A browser asks again after 200 and a good-bye, and never after an error.
            write(raw: head)
        }
        var object = JSONObject()
        object.add("reason", reason)
        object.add("retry", Int.random(in: 500...3000))
        var frame: [UInt8] = []
        SSEFrame.append(event: "stream_bye", object, to: &frame)
        write(frames: frame)
        endBody()
    }

    func endBody() {
        write(raw: HTTPChunk.end)
        close()
    }

    /// Closes the connection once everything written has left.
    private func close() {
        guard let context, !isClosing else { return }
        finish()
        farewell = hub.eventLoop.now
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    private func finish() {
        guard !isClosing else { return }
        isClosing = true
        subscriber?.close()
        replayTimer?.cancel()
        replay = nil
        if let feed { hub.remove(self, from: feed) }
        feed = nil
    }

    // MARK: Bytes

    func write(frames: [UInt8]) {
        send(HTTPChunk.encode(frames))
    }

    private func write(raw bytes: [UInt8]) {
        send(ByteBuffer(bytes: bytes))
    }

    func send(_ buffer: ByteBuffer) {
        guard let context else { return }
        lastFrame = hub.eventLoop.now
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    var latestID: EventID? {
        service.journal.latestID(of: request.selection)
    }

    /// Runs `work` on a thread that may block, and `then` back on the event loop.
    func run<Value: Sendable>(
        on pool: NIOThreadPool, _ work: @escaping @Sendable () throws -> Value,
        then: @escaping @Sendable (SSEStream, Result<Value, any Error>) -> Void
    ) {
        isReading = true
        let bound = NIOLoopBound(self, eventLoop: hub.eventLoop)
        pool.runIfActive(eventLoop: hub.eventLoop, work).whenComplete { result in
            let stream = bound.value
            stream.isReading = false
            guard stream.context != nil else { return }
            then(stream, result)
        }
    }
}
