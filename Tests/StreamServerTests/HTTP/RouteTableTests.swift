import Journal
import Testing

@testable import StreamServer

/// Who may use which address, as a whole: an address that is new has to be added here, where somebody
/// sees who it is for.
@Suite("Route table")
struct RouteTableTests {
    private static let rules: [String: AccessRule] = [
        "GET /": .anyone, "GET /sequencer": .anyone, "GET /page.js": .anyone,
        "GET /page.css": .anyone,
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
