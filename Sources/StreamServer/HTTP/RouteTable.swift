import HTTPTypes
import Hummingbird

/// The addresses that Hummingbird answers, each with who may use it: no route can be added without
/// a rule, and no handler is called but by one.
struct RouteTable {
    /// One address, and who may use it.
    struct Route: Hashable, Sendable {
        let method: String
        let path: String
        let rule: AccessRule
    }

    /// All that were added, in that order.
    private(set) var routes: [Route] = []
    /// What answers requests to them.
    let router: Router<BasicRequestContext>
    private let gate: Gatekeeper

    /// No addresses; requests pass `entrance` first.
    init(_ service: StreamService, _ entrance: Entrance) {
        gate = entrance.gate
        router = Router(options: .autoGenerateHeadEndpoints)
        router.add(middleware: CrossOriginMiddleware(entrance: entrance))
        router.add(middleware: ProblemMiddleware(hosts: entrance.hosts, logger: service.logger))
    }

    /// Adds an address for those whom `rule` lets in; `handler` is told who asks.
    mutating func add(
        _ method: HTTPRequest.Method, _ path: String, for rule: AccessRule,
        _ handler: @escaping @Sendable (Request, Holder) async throws -> Response
    ) {
        routes.append(Route(method: method.rawValue, path: path, rule: rule))
        router.on(RouterPath(path), method: method) { [gate] request, _ in
            try await handler(request, try gate.admit(Credentials(request.head), rule))
        }
    }
}
