import HTTPTypes
import Hummingbird
import NIOCore

/// `/socket.io/` for clients that poll, and what is wrong with requests for a WebSocket; those that
/// are right are taken over before: `RequestDispatcher`.
struct EventStreamEndpoint: Sendable {
    /// Methods that are answered, be it with a refusal.
    static let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .options]

    let service: EventStreamService
    /// Whose pages may connect, and who may read.
    let entrance: Entrance

    /// Answers one request.
    func respond(_ request: Request) async throws -> Response {
        let origins = request.headers[values: .origin]
        try entrance.check(origins: origins)
        var response: Response
        do {
            response = try await answer(request)
        } catch let refusal as EngineIORefusal {
            response = Response(json: refusal.json)
            response.status = .badRequest
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        // The page is one of ours: it was checked.
        if entrance.hosts != nil, let origin = origins.first {
            response.headers[.accessControlAllowOrigin] = origin
            response.headers[.accessControlAllowCredentials] = "true"
            response.headers[.vary] = "Origin"
        }
        return response
    }

    private func answer(_ request: Request) async throws -> Response {
        let asked = try EventStreamRequest(request.method, request.target)
        if case .preflight = asked { return preflight(request) }
        let holder = try entrance.gate.reader(Credentials(request.head))
        switch asked {
        case .open:
            return try open(holder)
        case .poll(let id):
            let session = try find(id, holder)
            defer { if session.isGone { service.sessions.remove(session) } }
            return text(EngineIOPayload.encode(try await session.poll(service)))
        case .post(let id):
            let session = try find(id, holder)
            defer { if session.isGone { service.sessions.remove(session) } }
            try session.receive(
                try EngineIOPayload.decode(try await body(of: request)), service)
            return text(Array("ok".utf8))
        case .webSocket(let id):
            if let id { _ = try find(id, holder) }
            try service.sessions.enter()
            service.sessions.leave()
            throw EngineIORefusal.badRequest("this is no WebSocket handshake, or not its time")
        case .preflight:
            return preflight(request)
        }
    }

    private func open(_ holder: Holder?) throws -> Response {
        try service.sessions.enter()
        let now = service.uptime()
        let rights = entrance.gate.eventStreamRights(of: holder, at: now)
        let session = service.makeSession(rights, at: now)
        service.sessions.add(PollingSession(session, owner: holder))
        return text(session.openPacket(upgrades: ["websocket"]))
    }

    private func find(_ id: String, _ holder: Holder?) throws(EngineIORefusal) -> PollingSession {
        guard let session = service.sessions.polling(id), session.isOpen(to: holder) else {
            throw .sessionUnknown
        }
        return session
    }

    private func body(of request: Request) async throws -> [UInt8] {
        let bytesMax = EventStreamSession.payloadBytesMax
        var bytes: [UInt8] = []
        for try await piece in request.body {
            bytes += piece.readableBytesView
            guard bytes.count <= bytesMax else {
                throw Problem(413, "a payload may have \(bytesMax) bytes")
            }
        }
        return bytes
    }

    private func preflight(_ request: Request) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.accessControlAllowMethods] = "GET, POST"
        headers[.accessControlAllowHeaders] = request.headers[.accessControlRequestHeaders]
        return Response(status: .noContent, headers: headers)
    }

    private func text(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/plain; charset=UTF-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
