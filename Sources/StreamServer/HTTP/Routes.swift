import HTTPTypes
import Hummingbird
import Journal
import NIOCore

/// Every address that Hummingbird answers; streams and WebSockets are taken over before:
/// ``RequestDispatcher``.
struct Routes: Sendable {
    let service: StreamService
    let operations: OperationsEndpoint
    /// What a request passes first.
    let entrance: Entrance

    /// The addresses that clients of the network see.
    func makeTable() -> RouteTable {
        var table = RouteTable(service, entrance)
        addWeb(&table)
        addSession(&table)
        addOperations(&table)
        addReading(&table)
        addStreams(&table)
        addPublishing(&table)
        return table
    }

    /// The same, and what only commands on this machine may do.
    func makeControlTable() -> RouteTable {
        var table = makeTable()
        let imports = ImportEndpoint(service: service)
        table.add(.post, "/control/fork", for: .admin) { _, _ in
            var object = JSONObject()
            object.add("epoch", try await service.journal.fork().description)
            return Response(json: object.json)
        }
        table.add(.post, "/control/import", for: .admin) { request, _ in
            try await imports.receive(request, request.target)
        }
        let retention = RetentionEndpoint(journal: service.journal)
        table.add(.post, "/control/prune", for: .admin) { request, _ in
            try await retention.prune(request.target)
        }
        table.add(.post, "/control/delete", for: .admin) { request, _ in
            try await retention.delete(request.target)
        }
        for (path, isPinned) in [("/control/pin", true), ("/control/unpin", false)] {
            table.add(.post, path, for: .admin) { request, _ in
                try await retention.pin(request.target, isPinned)
            }
        }
        let lines = LinesEndpoint(service: service)
        table.add(.post, "/control/lines", for: .admin) { request, _ in
            try await lines.receive(request)
        }
        return table
    }

    private func addWeb(_ table: inout RouteTable) {
        let assets: [(String, WebEndpoint.Asset)] = [
            ("/", .page), ("/sequencer", .page), ("/page.js", .script), ("/page.css", .style),
            ("/openapi.json", .description),
        ]
        for (path, asset) in assets {
            table.add(.get, path, for: .anyone) { _, _ in WebEndpoint.response(asset) }
        }
    }

    private func addSession(_ table: inout RouteTable) {
        let session = SessionEndpoint(gate: entrance.gate)
        table.add(.post, "/login", for: .anyone) { request, _ in try await session.login(request) }
        table.add(.post, "/logout", for: .anyone) { request, _ in try session.logout(request) }
        table.add(.post, "/api/tickets", for: .reader) { request, holder in
            try await session.ticket(request, holder)
        }
    }

    private func addOperations(_ table: inout RouteTable) {
        table.add(.get, "/health", for: .anyone) { _, holder in operations.health(for: holder) }
        table.add(.get, "/ready", for: .anyone) { _, holder in operations.ready(for: holder) }
        table.add(.get, "/metrics", for: .admin) { _, _ in operations.exposition() }
    }

    private func addReading(_ table: inout RouteTable) {
        let runs = RunsEndpoint(service: service)
        table.add(.get, "/api/runs", for: .reader) { request, holder in
            try runs.list(request.target, for: holder)
        }
        table.add(.get, "/api/runs/:run", for: .reader) { request, holder in
            try runs.show(try RequestTarget.run(request.target.path[2]), for: holder)
        }
        table.add(.get, "/api/runs/:run/events", for: .reader) { request, holder in
            let target = try request.target
            return try await runs.events(
                try RequestTarget.run(target.path[2]), target, for: holder)
        }
        let tapes = TapeEndpoint(service: service)
        table.add(.get, "/api/runs/:run/tape", for: .reader) { request, holder in
            try tapes.tape(try RequestTarget.run(request.target.path[2]), for: holder)
        }
    }

    private func addStreams(_ table: inout RouteTable) {
        // A stream is answered elsewhere: what arrives here says what is wrong with the request.
        for path in ["/api/stream/agent_chat", "/api/stream/agent_chat/:run"] {
            table.add(.get, path, for: .asksItself) { request, _ in
                _ = try StreamRequest(
                    request.target, lastEventID: request.headers[named: "Last-Event-ID"],
                    entrance.gate, Credentials(request.head))
                throw Problem(400, "a stream needs HTTP/1.1")
            }
        }
        let endpoint = EventStreamEndpoint(service: service.eventStream, entrance: entrance)
        for method in EventStreamEndpoint.methods {
            table.add(method, "/socket.io", for: .asksItself) { request, _ in
                try await endpoint.respond(request)
            }
        }
    }

    private func addPublishing(_ table: inout RouteTable) {
        let publish = PublishEndpoint(service: service)
        table.add(.post, "/broadcast", for: .publisher) { request, _ in
            try await publish.broadcast(request)
        }
        table.add(.post, "/api/events", for: .publisher) { request, _ in
            try await publish.events(request, request.target)
        }
    }
}
