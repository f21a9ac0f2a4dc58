import Journal
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A service on loopback that speaks WebSocket and otherwise does what the test says.
final class FakeEventService: Sendable {
    static let open =
        #"0{"sid":"x","upgrades":[],"pingTimeout":20000,"pingInterval":25000,"maxPayload":1000000}"#

    /// What the service noticed, in order.
    enum Sight: Equatable, Sendable {
        case linked(uri: String, host: String?)
        case text(String)
        case pong(String)
        case closed
    }

    let port: Int
    let sights: StreamReader<Sight>

    private let listener: any Channel
    private let sight: AsyncStream<Sight>.Continuation
    private let links = Locked<[any Channel]>([])

    /// A service on `port`, where 0 picks one, that sends `greeting` to every new link.
    static func start(
        port: Int = 0, greeting: [WebSocketFrame] = [.text(FakeEventService.open)]
    ) async throws -> FakeEventService {
        let (stream, sight) = AsyncStream<Sight>.makeStream()
        let box = Box()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOWebSocketServerUpgrader(
                        shouldUpgrade: { channel, head in
                            let isKnown = head.uri.hasPrefix("/socket.io/")
                            return channel.eventLoop.makeSucceededFuture(isKnown ? [:] : nil)
                        },
                        upgradePipelineHandler: { channel, head in
                            channel.eventLoop.makeCompletedFuture {
                                sight.yield(
                                    .linked(uri: head.uri, host: head.headers["Host"].first))
                                // First of all: the greeting lets the test go on and send.
                                box.service.withLock { $0 }?.links.withLock { $0.append(channel) }
                                try channel.pipeline.syncOperations.addHandler(
                                    Handler(greeting: greeting, sight: sight))
                            }
                        })
                    let refusal = Refusal()
                    let bound = NIOLoopBound(refusal, eventLoop: channel.eventLoop)
                    let operations = channel.pipeline.syncOperations
                    try operations.configureHTTPServerPipeline(
                        withServerUpgrade: (
                            [upgrader],
                            { context in
                                context.pipeline.syncOperations.removeHandler(
                                    bound.value, promise: nil)
                            }
                        ))
                    try operations.addHandler(refusal)
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        let service = FakeEventService(listener, sights: StreamReader(stream), sight: sight)
        box.service.withLock { $0 = service }
        return service
    }

    private init(
        _ listener: any Channel, sights: StreamReader<Sight>,
        sight: AsyncStream<Sight>.Continuation
    ) {
        self.listener = listener
        self.sights = sights
        self.sight = sight
        port = listener.localAddress?.port ?? 0
    }

    /// Sends frames on the newest link.
    func send(_ frames: WebSocketFrame...) {
        guard let channel = links.withLock({ $0.last }) else { return }
        for frame in frames { channel.write(frame, promise: nil) }
        channel.flush()
    }

    /// Closes every link's socket.
    func drop() {
        for channel in links.withLock({ $0 }) { channel.close(promise: nil) }
    }

    /// Listens no more and closes every link.
    func stop() async {
        try? await listener.close()
        drop()
    }

    private final class Box: Sendable {
        let service = Locked<FakeEventService?>(nil)
    }

    /// Answers 404 to what is not upgraded.
    private final class Refusal: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .notFound)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        typealias OutboundOut = WebSocketFrame

        private let greeting: [WebSocketFrame]
        private let sight: AsyncStream<Sight>.Continuation

        init(greeting: [WebSocketFrame], sight: AsyncStream<Sight>.Continuation) {
            self.greeting = greeting
            self.sight = sight
        }

        func handlerAdded(context: ChannelHandlerContext) {
            for frame in greeting { context.write(wrapOutboundOut(frame), promise: nil) }
            context.flush()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            guard frame.maskKey != nil else {
                return context.fireErrorCaught(ChannelError.inappropriateOperationForState)
            }
            switch frame.opcode {
            case .text: sight.yield(.text(String(buffer: frame.unmaskedData)))
            case .pong: sight.yield(.pong(String(buffer: frame.unmaskedData)))
            default: break
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            sight.yield(.closed)
        }
    }
}

extension WebSocketFrame {
    static func text(_ text: String, opcode: WebSocketOpcode = .text, fin: Bool = true) -> Self {
        WebSocketFrame(fin: fin, opcode: opcode, data: ByteBuffer(string: text))
    }
}
