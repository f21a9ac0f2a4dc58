import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Looks at each request's head: one that asks for a stream is taken over by an ``SSEStream``, one
/// for a WebSocket by an ``EventStreamSocket``, the first of a connection or a later one alike; all
/// others go on to Hummingbird.
///
/// The pipeline delivers one request at a time, so a stream never starts while an earlier answer
/// is still under way.
final class RequestDispatcher: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// No request has come. → answering, streaming, closed
        case fresh(EventLoopPromise<ConnectionChannel.RequestChannel?>)
        /// Hummingbird answers, and its handler closes the connection when it is idle. → streaming
        case answering(HTTPConnectionStateHandler)
        /// The connection is a stream's or a WebSocket's.
        case streaming
        /// The connection is gone.
        case closed
    }

    private let service: StreamService
    private let entrance: Entrance
    private let isWelcome: Bool
    private let watch: HeadWatch?
    private let logger: Logger
    private var state: State
    private var idleTimer: Scheduled<Void>?

    init(
        service: StreamService, entrance: Entrance, isWelcome: Bool, watch: HeadWatch?,
        requests: EventLoopPromise<ConnectionChannel.RequestChannel?>, logger: Logger
    ) {
        self.service = service
        self.entrance = entrance
        self.isWelcome = isWelcome
        self.watch = watch
        self.logger = logger
        state = .fresh(requests)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let idleMax = isWelcome ? ConnectionChannel.idleMax : ConnectionChannel.unwelcomeMax
        idleTimer = context.eventLoop.scheduleTask(in: idleMax) {
            bound.value.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave(.closed)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave(.closed)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .streaming, .closed: return
        case .fresh, .answering: break
        }
        let part = unwrapInboundIn(data)
        guard case .head(var head) = part else {
            if case .end = part { watch?.requestEnded() }
            return context.fireChannelRead(data)
        }
        watch?.headCame()
        guard isWelcome else { return turnAway(head, context) }
        guard RequestDispatcher.isPlain(head.headers) else { return refuse(context) }
        if let request = stream(head) {
            let origin = entrance.origins.allowed(head.headers["Origin"])
            return takeOver(context) { pipeline, hub in
                let stream = SSEStream(request, service: service, hub: hub, origin: origin)
                try pipeline.addHandler(stream, position: .first)
                removeHTTP(behind: context)
            }
        }
        let opening = WebSocketOpening(
            head, entrance, service: service.eventStream, on: context.channel)
        if let opening {
            return takeOver(context) { try opening.takeOver($0, hub: $1) }
        }
        guard engage(context) else { return }
        encourage(head, context)
        // Behind a request to change the protocol nothing more is read as HTTP.
        if (head.version == .http1_0 && !head.isKeepAlive) || WebSocketOpening.matches(head) {
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .fresh: refuse(context)
        case .answering: context.fireErrorCaught(error)
        case .streaming, .closed: context.close(promise: nil)
        }
    }

    /// Whether any server would read a request with these headers like this one.
    ///
    /// Which of two hosts would be checked, and which believed? And where does a body end whose coding
    /// is not known?
    private static func isPlain(_ headers: HTTPHeaders) -> Bool {
        let codings = headers["Transfer-Encoding"]
        return headers["Host"].count <= 1 && codings.count <= 1
            && codings.allSatisfy { $0.lowercased() == "chunked" }
    }

    /// Answers 400 to what is no request, and closes the connection.
    private func refuse(_ context: ChannelHandlerContext) {
        leave(.closed)
        answer(.badRequest, [:], [], context)
    }

    /// Tells the client of a connection that is one too many, and closes it.
    private func turnAway(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        leave(.closed)
        let isStream = (try? RequestTarget(head.uri)).map { StreamRequest.matches($0.path) }
        if isStream == true {
            // A browser asks again after 200 and a good-bye, and never after an error.
            answer(
                .ok,
                [
                    "Content-Type": "text/event-stream; charset=utf-8",
                    "Cache-Control": "no-store, no-transform",
                ], SSEFrame.overloaded, context)
        } else {
            let problem = Problem(
                503, "this server has as many connections as it takes; try again later")
            answer(
                .serviceUnavailable,
                ["Content-Type": "application/problem+json", "Retry-After": "5"], problem.json,
                context)
        }
    }

    private func answer(
        _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: [UInt8],
        _ context: ChannelHandlerContext
    ) {
        var head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        head.headers.add(name: "Connection", value: "close")
        head.headers.add(name: "Content-Length", value: "\(body.count)")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(
            wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (state, event) {
        case (.fresh, ChannelEvent.inputClosed), (.fresh, is ChannelShouldQuiesceEvent):
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The stream that a request asks for; nil where Hummingbird answers, also to say what is
    /// wrong with a request for a stream.
    private func stream(_ head: HTTPRequestHead) -> StreamRequest? {
        guard head.method == .GET, head.version.major == 1, head.version.minor >= 1,
            let target = try? RequestTarget(head.uri), StreamRequest.matches(target.path),
            (try? entrance.hosts?.check(head.headers.first(name: "Host"))) != nil
                || entrance.hosts == nil
        else { return nil }
        return try? StreamRequest(
            target, lastEventID: head.headers.first(name: "Last-Event-ID"), entrance.gate,
            Credentials(head))
    }

    /// Gives the connection to what `addHandlers` puts next to the socket.
    private func takeOver(
        _ context: ChannelHandlerContext,
        _ addHandlers: (ChannelPipeline.SynchronousOperations, Hub) throws -> Void
    ) {
        let pipeline = context.pipeline.syncOperations
        // It sees no request in progress, and would close the stream as idle.
        if case .answering(let idle) = state { pipeline.removeHandler(idle, promise: nil) }
        leave(.streaming)
        do {
            try addHandlers(pipeline, service.hubs.hub(on: context.eventLoop))
        } catch {
            context.close(promise: nil)
        }
    }

    /// Takes what reads and writes HTTP out of a stream's pipeline, once it is done with this
    /// request: it would keep the request's buffer and its headers for as long as the stream.
    private func removeHTTP(behind context: ChannelHandlerContext) {
        let bound = NIOLoopBound((context, watch), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (context, watch) = bound.value
            let pipeline = context.pipeline.syncOperations
            let handlers = [
                try? pipeline.context(
                    handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self),
                try? pipeline.context(handlerType: HTTPServerPipelineHandler.self),
                try? pipeline.context(handlerType: HTTPResponseEncoder.self),
                context,
            ]
            if let watch { pipeline.removeHandler(watch, promise: nil) }
            for handler in handlers.compactMap({ $0 }) {
                pipeline.removeHandler(context: handler, promise: nil)
            }
        }
    }

    /// Makes Hummingbird's end of the pipeline, once.
    private func engage(_ context: ChannelHandlerContext) -> Bool {
        guard case .fresh(let requests) = state else { return true }
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            let idle = HTTPConnectionStateHandler(
                idleTimeout: .init(ConnectionChannel.idleMax), logger: logger)
            try pipeline.addHandler(idle)
            let channel = try ConnectionChannel.RequestChannel(
                wrappingChannelSynchronously: context.channel,
                configuration: .init(isOutboundHalfClosureEnabled: true))
            state = .answering(idle)
            idleTimer?.cancel()
            requests.succeed(channel)
            return true
        } catch {
            context.close(promise: nil)
            return false
        }
    }

    /// Tells a client that asks first to send its body; curl would wait a second for the answer.
    private func encourage(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.version.major == 1, head.version.minor >= 1,
            head.headers.first(name: "Expect")?.lowercased() == "100-continue"
        else { return }
        let answer = HTTPResponseHead(version: head.version, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(answer)), promise: nil)
    }

    private func leave(_ next: State) {
        idleTimer?.cancel()
        if case .fresh(let requests) = state { requests.succeed(nil) }
        state = next
    }
}
