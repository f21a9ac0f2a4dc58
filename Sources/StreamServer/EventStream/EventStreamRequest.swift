import HTTPTypes

/// What a request to `/socket.io/` asks for.
enum EventStreamRequest: Hashable, Sendable {
    /// A session that is polled.
    case open
    /// The packets for a session.
    case poll(String)
    /// Packets from the client of a session.
    case post(String)
    /// A WebSocket: for a session of its own, or to take over the one that is named.
    case webSocket(String?)
    /// What a page of another origin may send: a browser asks by itself.
    case preflight

    /// Whether a request with this path is for the Event Stream.
    static func matches(_ path: [String]) -> Bool {
        path == ["socket.io"] || path == ["socket.io", ""]
    }

    /// Reads a request.
    ///
    /// - Throws: ``EngineIORefusal`` for one that makes no sense.
    init(_ method: HTTPRequest.Method, _ target: RequestTarget) throws(EngineIORefusal) {
        if method == .options {
            self = .preflight
            return
        }
        guard let transport = target.parameter("transport"),
            ["polling", "websocket"].contains(transport)
        else { throw .transportUnknown }
        let isWebSocket = transport == "websocket"
        let id = target.parameter("sid")
        guard id != nil || target.parameter("EIO") == "4" else { throw .unsupportedVersion }
        switch (method, id) {
        case (.get, let id) where isWebSocket: self = .webSocket(id)
        case (.get, nil): self = .open
        case (.get, let id?): self = .poll(id)
        case (.post, let id?) where !isWebSocket: self = .post(id)
        default: throw .badMethod
        }
    }
}
