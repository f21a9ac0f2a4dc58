import NIOCore
import NIOHTTP1

/// Sends the request to upgrade as soon as it is in the pipeline, and reports if that fails.
///
/// The upgrade removes it; what it still sees then is a response that upgrades nothing.
final class WebSocketUpgradeRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let url: UpstreamURL
    private let timeout: TimeAmount
    private let failed: (String) -> Void
    private var timer: Scheduled<Void>?
    private var isDone = false

    /// A request for one channel.
    ///
    /// - Parameters:
    ///   - url: what to ask for, and whom.
    ///   - timeout: how long the answer may take.
    ///   - failed: called at most once, with the reason, before the channel is closed.
    init(url: UpstreamURL, timeout: TimeAmount, failed: @escaping (String) -> Void) {
        self.url = url
        self.timeout = timeout
        self.failed = failed
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard context.channel.isActive else {
            return fail("the upstream closed the connection", context: context)
        }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.fail("the upstream did not answer the upgrade in time", context: context)
        }
        let headers = HTTPHeaders([("Host", url.authority)])
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: url.requestTarget, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isDone = true
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        fail("the upstream answered \(head.status.code) to the upgrade", context: context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail("the upstream's answer to the upgrade is invalid: \(error)", context: context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail("the upstream closed the connection before the upgrade", context: context)
        context.fireChannelInactive()
    }

    private func fail(_ reason: String, context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        timer?.cancel()
        failed(reason)
        context.close(promise: nil)
    }
}
