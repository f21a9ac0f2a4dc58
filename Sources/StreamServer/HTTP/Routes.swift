import HTTPTypes
import Hummingbird
import Journal
import NIOCore

/// Every address that Hummingbird answers; streams and WebSockets are taken over before:
/// ``RequestDispatcher``.
struct Routes: Sendable {
    let service: StreamService
    let operations: OperationsEndpoint
    /// Names that the `Host` header may have; nil on the journal's own socket.
    let hosts: HostPolicy?

    /// The addresses that clients of the network see.
    func makeRouter() -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: ProblemMiddleware(hosts: hosts, logger: service.logger))
        addWeb(router)
        addOperations(router)
        addReading(router)
        addEventStream(router)
        let publish = PublishEndpoint(service: service)
        router.post("/broadcast") { request, _ in try await publish.broadcast(request) }
        router.post("/api/events") { request, _ in
            try await publish.events(request, try RequestTarget(request.head.path ?? ""))
        }
        return router
    }

    /// The same, and what only commands on this machine may do.
    func makeControlRouter() -> Router<BasicRequestContext> {
        let router = makeRouter()
        let imports = ImportEndpoint(service: service)
        router.post("/control/fork") { _, _ in
            var object = JSONObject()
            object.add("epoch", try await service.journal.fork().description)
            return Response(json: object.json)
        }
        router.post("/control/import") { request, _ in
            try await imports.receive(request, try RequestTarget(request.head.path ?? ""))
        }
        let retention = RetentionEndpoint(journal: service.journal)
        router.post("/control/prune") { request, _ in
            try await retention.prune(try RequestTarget(request.head.path ?? ""))
        }
        router.post("/control/delete") { request, _ in
            try await retention.delete(try RequestTarget(request.head.path ?? ""))
        }
        for (path, isPinned) in [("/control/pin", true), ("/control/unpin", false)] {
            router.post(RouterPath(path)) { request, _ in
                try await retention.pin(try RequestTarget(request.head.path ?? ""), isPinned)
            }
        }
        let lines = LinesEndpoint(service: service)
        router.post("/control/lines") { request, _ in try await lines.receive(request) }
        return router
    }

    private func addWeb(_ router: Router<BasicRequestContext>) {
        router.get("/") { _, _ in WebEndpoint.response(.page) }
        router.get("/sequencer") { _, _ in WebEndpoint.response(.page) }
        router.get("/page.js") { _, _ in WebEndpoint.response(.script) }
        router.get("/page.css") { _, _ in WebEndpoint.response(.style) }
    }

    private func addOperations(_ router: Router<BasicRequestContext>) {
        router.get("/health") { _, _ in operations.health() }
        router.get("/ready") { _, _ in operations.ready() }
        router.get("/metrics") { _, _ in operations.exposition() }
    }

    private func addReading(_ router: Router<BasicRequestContext>) {
        let runs = RunsEndpoint(service: service)
        router.get("/api/runs") { request, _ in
            try runs.list(try RequestTarget(request.head.path ?? ""))
        }
        router.get("/api/runs/:run") { request, _ in
            let target = try RequestTarget(request.head.path ?? "")
            return try runs.show(try RequestTarget.run(target.path[2]))
        }
        router.get("/api/runs/:run/events") { request, _ in
            let target = try RequestTarget(request.head.path ?? "")
            return try await runs.events(try RequestTarget.run(target.path[2]), target)
        }
        let tapes = TapeEndpoint(service: service)
        router.get("/api/runs/:run/tape") { request, _ in
            let target = try RequestTarget(request.head.path ?? "")
            return try tapes.tape(try RequestTarget.run(target.path[2]))
        }
        // A stream is answered elsewhere: what arrives here says what is wrong with the request.
        for path in ["/api/stream/agent_chat", "/api/stream/agent_chat/:run"] {
            router.get(RouterPath(path)) { request, _ -> Response in
                let target = try RequestTarget(request.head.path ?? "")
                _ = try StreamRequest(target, lastEventID: request.headers[named: "Last-Event-ID"])
                throw Problem(400, "a stream needs HTTP/1.1")
            }
        }
    }

    private func addEventStream(_ router: Router<BasicRequestContext>) {
        let endpoint = EventStreamEndpoint(service: service.eventStream, hosts: hosts)
        for method in EventStreamEndpoint.methods {
            router.on("/socket.io", method: method) { request, _ in
                try await endpoint.respond(request)
            }
        }
    }
}
