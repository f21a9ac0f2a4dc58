import Journal
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// One attempt to reach an upstream, and the link that comes of it.
///
/// Everything it has to tell goes through ``inbox``, failures included, so that whoever waits for
/// the inbox can be cancelled at any moment.
final class UpstreamConnection: Sendable {
    /// The largest message taken from a service, alone or as the sum of its fragments, in bytes.
    ///
    /// More than one event may have, since a history has a hundred. Larger ones are skipped and
    /// reported.
    static let messageBytesMax = 32 << 20

    /// The most fragments of one message.
    static let fragmentsMax = 65_536

    private enum Phase: Sendable {
        /// Becomes `connected` or `closed`.
        case connecting
        /// Becomes `upgraded` or `closed`.
        case connected(any Channel)
        /// Becomes `closed`.
        case upgraded(any Channel, NIOLoopBound<WebSocketChannelHandler>)
        /// Ended from this side.
        case closed
    }

    /// Hands over the messages and the reason of the end.
    let inbox = UpstreamInbox()

    private let configuration: UpstreamClient.Configuration
    private let ignored: @Sendable () -> Void
    private let phase = Locked(Phase.connecting)

    /// Starts to connect and returns at once; `ignored` is called for every binary event skipped.
    static func open(
        _ configuration: UpstreamClient.Configuration, group: any EventLoopGroup,
        ignored: @escaping @Sendable () -> Void
    ) -> UpstreamConnection {
        let connection = UpstreamConnection(configuration, ignored: ignored)
        let url = configuration.url
        // Handlers come after the connect: of several addresses tried, only one may speak.
        ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: url.host, port: url.port)
            .flatMap { channel in
                channel.eventLoop.submit { try connection.setUp(channel) }
            }
            .whenFailure { error in
                connection.inbox.finish(connection.sentence(about: error))
            }
        return connection
    }

    private init(
        _ configuration: UpstreamClient.Configuration, ignored: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.ignored = ignored
    }

    /// The inbox has room again.
    func resumeReading() {
        onLoop { $0.resumeReading() }
    }

    /// The events that carried these ids are dealt with.
    func acknowledge(_ ids: [UInt64]) {
        guard !ids.isEmpty else { return }
        onLoop { $0.acknowledge(ids) }
    }

    /// Ends the link, or the attempt; returns when the socket is closed, as far as there is one.
    func close(_ reason: String) async {
        let last = phase.withLock { phase in
            defer { phase = .closed }
            return phase
        }
        switch last {
        case .connecting, .closed:
            break
        case .connected(let channel):
            channel.close(promise: nil)
            try? await channel.closeFuture.get()
        case .upgraded(let channel, let handler):
            channel.eventLoop.execute { handler.value.close(reason) }
            try? await channel.closeFuture.get()
        }
    }

    private func onLoop(_ body: @escaping @Sendable (WebSocketChannelHandler) -> Void) {
        guard case .upgraded(let channel, let handler) = phase.withLock({ $0 }) else { return }
        channel.eventLoop.execute { body(handler.value) }
    }
}

// MARK: - Setting up, on the channel's event loop

extension UpstreamConnection {
    private func setUp(_ channel: any Channel) throws {
        let isWanted = phase.withLock { phase in
            guard case .connecting = phase else { return false }
            phase = .connected(channel)
            return true
        }
        guard isWanted else { return channel.close(promise: nil) }
        let upgrader = NIOWebSocketClientUpgrader(
            maxFrameSize: UpstreamConnection.messageBytesMax, automaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture { try self.addHandlers(to: channel) }
        }
        let request = WebSocketUpgradeRequest(
            url: configuration.url, timeout: TimeAmount(configuration.connectTimeout)
        ) { self.inbox.finish($0) }
        let loopBoundRequest = NIOLoopBound(request, eventLoop: channel.eventLoop)
        let operations = channel.pipeline.syncOperations
        try operations.addHTTPClientHandlers(
            leftOverBytesStrategy: .forwardBytes,
            withClientUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(
                        loopBoundRequest.value, promise: nil)
                }
            ))
        try operations.addHandler(request)
    }

    private func addHandlers(to channel: any Channel) throws {
        let handler = WebSocketChannelHandler(
            SocketIOSession.Configuration(
                namespace: configuration.namespace, token: configuration.token?.secret,
                openTimeout: TimeAmount(configuration.connectTimeout),
                joinTimeout: TimeAmount(configuration.joinTimeout)),
            inbox: inbox, ignored: ignored)
        let isWanted = phase.withLock { phase in
            guard case .connected = phase else { return false }
            phase = .upgraded(channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
            return true
        }
        guard isWanted else { return channel.close(promise: nil) }
        let operations = channel.pipeline.syncOperations
        let decoder = try operations.handler(
            type: ByteToMessageHandler<WebSocketFrameDecoder>.self)
        try operations.addHandler(
            WebSocketSizeHandler(messageBytesMax: UpstreamConnection.messageBytesMax),
            position: .before(decoder))
        try operations.addHandlers(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0,
                maxAccumulatedFrameCount: UpstreamConnection.fragmentsMax,
                maxAccumulatedFrameSize: UpstreamConnection.messageBytesMax),
            handler)
    }

    private func sentence(about error: any Error) -> String {
        let place = configuration.url.authority
        switch error {
        case let error as NIOConnectionError:
            if let cause = error.connectionErrors.first {
                let reason = (cause.error as? IOError)?.sentence ?? "\(cause.error)"
                return "cannot connect to \(place): \(reason)"
            }
            return "cannot find the host \(configuration.url.host)"
        default:
            return "cannot connect to \(place): \(error)"
        }
    }
}
