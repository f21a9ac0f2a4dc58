import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// A request that opens a WebSocket of the Event Stream, with all that it takes.
struct WebSocketOpening {
    /// The most fragments of one message.
    private static let fragmentsMax = 1024

    /// The polling session that it wants to take over; nil for one of its own.
    private let polling: PollingSession?
    /// The head of the response, which changes the protocol.
    private let response: [UInt8]
    private let service: EventStreamService
    /// What a session of its own may be told of.
    private let rights: EventStreamRights

    /// Checks a request's head; a WebSocket with a session of its own enters.
    ///
    /// Nil where HTTP answers: to say what is wrong with the request, or because it is none of this
    /// kind.
    init?(
        _ head: HTTPRequestHead, _ entrance: Entrance, service: EventStreamService,
        on channel: any Channel
    ) {
        guard WebSocketOpening.matches(head), let target = try? RequestTarget(head.uri),
            WebSocketOpening.isAllowed(head, entrance),
            case .webSocket(let id)? = try? EventStreamRequest(.get, target),
            let response = WebSocketOpening.response(to: head, on: channel)
        else { return nil }
        let holder: Holder?
        do {
            holder = try entrance.gate.reader(Credentials(head))
        } catch {
            return nil
        }
        self.response = response
        self.service = service
        rights = entrance.gate.eventStreamRights(of: holder, at: channel.eventLoop.now)
        let session = id.flatMap { service.sessions.polling($0) }
        polling = session?.isOpen(to: holder) == true ? session : nil
        guard id == nil || polling != nil else { return nil }
        // A session that is taken over has entered already.
        guard polling != nil || (try? service.sessions.enter()) != nil else { return nil }
    }

    /// Whether a request is for a WebSocket of the Event Stream, whatever else is wrong with it.
    static func matches(_ head: HTTPRequestHead) -> Bool {
        guard head.method == .GET, head.version == .http1_1,
            let target = try? RequestTarget(head.uri), EventStreamRequest.matches(target.path)
        else { return false }
        func lists(_ name: String, _ token: String) -> Bool {
            head.headers[canonicalForm: name].contains { $0.lowercased() == token }
        }
        return lists("Connection", "upgrade") && lists("Upgrade", "websocket")
    }

    /// Puts the WebSocket next to the socket, below HTTP.
    ///
    /// - Throws: when the channel is closed.
    func takeOver(_ pipeline: ChannelPipeline.SynchronousOperations, hub: Hub) throws {
        let bytesMax = EventStreamSession.payloadBytesMax
        do {
            try pipeline.addHandlers(
                [
                    ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: bytesMax)),
                    WebSocketFrameCheck(),
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 0,
                        maxAccumulatedFrameCount: WebSocketOpening.fragmentsMax,
                        maxAccumulatedFrameSize: bytesMax),
                    EventStreamSocket(
                        response: response, rights: rights, polling: polling,
                        service: service, hub: hub),
                ], position: .first)
        } catch {
            if polling == nil { service.sessions.leave() }
            throw error
        }
    }

    private static func isAllowed(_ head: HTTPRequestHead, _ entrance: Entrance) -> Bool {
        guard let hosts = entrance.hosts else { return true }
        return (try? hosts.check(head.headers.first(name: "Host"))) != nil
            && (try? entrance.check(origins: head.headers["Origin"])) != nil
    }

    /// The head that accepts; nil where the key or the version of the WebSocket is missing.
    private static func response(to head: HTTPRequestHead, on channel: any Channel) -> [UInt8]? {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        var accepted: HTTPHeaders?
        // Nothing in it waits, so it is there at once.
        upgrader.buildUpgradeResponse(
            channel: channel, upgradeRequest: head, initialResponseHeaders: [:]
        ).assumeIsolated().whenSuccess { accepted = $0 }
        return accepted.map { headers in
            let fields = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
            return Array("HTTP/1.1 101 Switching Protocols\r\n\(fields)\r\n".utf8)
        }
    }
}
