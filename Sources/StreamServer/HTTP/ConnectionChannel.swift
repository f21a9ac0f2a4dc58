import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// How a connection to the server is set up: HTTP/1.1 is decoded, and each request's first bytes
/// decide who answers it, a stream or Hummingbird.
///
/// Hummingbird's part of the pipeline, its task and its buffers are made only for a connection
/// that asks for something other than a stream.
struct ConnectionChannel: HTTPChannelHandler {
    /// One connection.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        /// Hummingbird's end of the connection, once a request wants it; nil when none did.
        let requests: EventLoopFuture<RequestChannel?>
    }

    typealias RequestChannel = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// The most bytes of a request's headers together.
    static let headerBytesMax = 32 << 10
    /// A connection that sends no request for this long is closed.
    static let idleMax = TimeAmount.seconds(75)

    /// The same for one that is one too many.
    static let unwelcomeMax = TimeAmount.seconds(5)

    let responder: Responder
    let service: StreamService
    let entrance: Entrance

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let address = channel.remoteAddress?.ipAddress ?? ""
        let verdict = entrance.connections?.enter(address: address) ?? .welcome
        channel.closeFuture.whenComplete { [connections = entrance.connections] _ in
            connections?.leave(verdict, address: address)
        }
        switch verdict {
        case .welcome, .refused:
            return setup(channel: channel, isWelcome: verdict == .welcome, logger: logger)
        case .closed:
            // Once the channel is set up: before that it cannot be closed.
            channel.eventLoop.scheduleTask(in: .milliseconds(1)) { channel.close(promise: nil) }
            return channel.eventLoop.makeSucceededFuture(
                Value(channel: channel, requests: channel.eventLoop.makeSucceededFuture(nil)))
        }
    }

    private func setup(channel: any Channel, isWelcome: Bool, logger: Logger)
        -> EventLoopFuture<Value>
    {
        channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = ConnectionChannel.headerBytesMax
            limits.maxHeaderListSize = ConnectionChannel.headerBytesMax
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: true, withErrorHandling: false,
                withOutboundHeaderValidation: false, withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: limits)
            let watch = entrance.connections.map { HeadWatch($0) }
            if let watch { try pipeline.addHandler(watch, position: .first) }
            let promise = channel.eventLoop.makePromise(of: RequestChannel?.self)
            try pipeline.addHandler(
                RequestDispatcher(
                    service: service, entrance: entrance, isWelcome: isWelcome, watch: watch,
                    requests: promise, logger: logger))
            return Value(channel: channel, requests: promise.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        guard let requests = try? await value.requests.get() else { return }
        await handleHTTP(asyncChannel: requests, logger: logger)
    }
}
