import Foundation
import Journal
import Testing

@testable import StreamServer

/// Who may use which address, as a whole: an address that is new has to be added here, where somebody
/// sees who it is for.
@Suite("Route table")
struct RouteTableTests {
    private static let rules: [String: AccessRule] = [
        "GET /": .anyone, "GET /sequencer": .anyone, "GET /page.js": .anyone,
        "GET /page.css": .anyone, "GET /openapi.json": .anyone,
        "POST /login": .anyone, "POST /logout": .anyone, "POST /api/tickets": .reader,
        "GET /health": .anyone, "GET /ready": .anyone, "GET /metrics": .admin,
        "GET /api/runs": .reader, "GET /api/runs/:run": .reader,
        "GET /api/runs/:run/events": .reader,
        "GET /api/runs/:run/tape": .reader,
        "GET /api/stream/agent_chat": .asksItself, "GET /api/stream/agent_chat/:run": .asksItself,
        "GET /socket.io": .asksItself, "POST /socket.io": .asksItself,
        "PUT /socket.io": .asksItself, "PATCH /socket.io": .asksItself,
        "DELETE /socket.io": .asksItself, "OPTIONS /socket.io": .asksItself,
        "POST /broadcast": .publisher, "POST /api/events": .publisher,
    ]

    private func withRoutes(_ body: (Routes) throws -> Void) async throws {
        try await withService { service, _ in
            let upkeep = Upkeep(
                space: SpaceWatch(
                    bytesMin: 0, logger: service.logger, free: { () throws(JournalError) in 0 },
                    pause: { _ in }), scrubber: nil)
            let operations = OperationsEndpoint(
                service: service, upstreams: [], upkeep: upkeep,
                metrics: ServerMetrics(service.journal, now: Environment.system().now))
            try body(Routes(service: service, operations: operations, entrance: Entrance()))
        }
    }

    private func rules(_ table: RouteTable) -> [String: AccessRule] {
        Dictionary(
            table.routes.map { ("\($0.method) \($0.path)", $0.rule) },
            uniquingKeysWith: { first, _ in first })
    }

    @Test("every address of the network has the rule that it is to have, and there is no other")
    func network() async throws {
        try await withRoutes { routes in
            let table = routes.makeTable()
            #expect(rules(table) == RouteTableTests.rules)
            #expect(table.routes.count == RouteTableTests.rules.count, "none is there twice")
        }
    }

    @Test("what describes the API names every address and version, and who may use it, as it is")
    func description() async throws {
        let parsed = try JSONSerialization.jsonObject(
            with: Data(WebEndpoint.Asset.description.bytes))
        let api = try #require(parsed as? [String: Any])
        let info = try #require(api["info"] as? [String: Any])
        #expect(info["version"] as? String == TapedeckServer.version)
        let paths = try #require(api["paths"] as? [String: [String: [String: Any]]])
        var described: Set<String> = []
        var open: Set<String> = []
        for (path, operations) in paths {
            for (method, operation) in operations {
                let address = "\(method.uppercased()) \(path)"
                described.insert(address)
                let security = operation["security"] as? [[String: Any]]
                if security?.contains(where: \.isEmpty) == true { open.insert(address) }
            }
        }
        // A protocol of its own, and what the page is made of.
        let others = ["/socket.io", "/page.js", "/page.css"]
        try await withRoutes { routes in
            let table = routes.makeTable().routes.filter { !others.contains($0.path) }
            func address(_ route: RouteTable.Route) -> String {
                let path = route.path.replacing("/:run", with: "/{run_id}")
                return "\(route.method) \(path)"
            }
            #expect(described == Set(table.map(address)))
            #expect(open == Set(table.filter { $0.rule == .anyone }.map(address)))
        }
    }

    @Test("what changes the journal is for the journal's own socket, and for who may do everything")
    func control() async throws {
        try await withRoutes { routes in
            let network = rules(routes.makeTable())
            let control = rules(routes.makeControlTable()).filter { network[$0.key] == nil }
            #expect(control.count == 7)
            #expect(control.allSatisfy { $0.key.hasPrefix("POST /control/") })
            #expect(control.allSatisfy { $0.value == .admin })
        }
    }
}
