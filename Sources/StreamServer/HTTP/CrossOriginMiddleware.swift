import HTTPTypes
import Hummingbird

/// Answers what browsers ask before a page of another origin may send a request, and marks the
/// answers that such a page may see.
struct CrossOriginMiddleware<Context: RequestContext>: RouterMiddleware {
    private static var methods: String { "GET, POST" }
    private static var headers: String {
        "Authorization, Content-Type, Idempotency-Key, Last-Event-ID"
    }
    private static var preflightSeconds: Int { 600 }

    let entrance: Entrance

    @concurrent
    func handle(
        _ request: Request, context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let origin = entrance.origins.allowed(request.headers[values: .origin])
        // The Event Stream is what browsers let pages use without such questions.
        let isPreflight =
            request.method == .options && request.headers[.accessControlRequestMethod] != nil
            && !request.uri.path.hasPrefix("/socket.io")
        var response: Response
        if isPreflight {
            response = preflight(request, isAllowed: origin != nil)
        } else {
            response = try await next(request, context)
        }
        guard !entrance.origins.isEmpty, response.headers[.accessControlAllowOrigin] == nil else {
            return response
        }
        response.headers[.vary] = "Origin"
        response.headers[.accessControlAllowOrigin] = origin
        return response
    }

    private func preflight(_ request: Request, isAllowed: Bool) -> Response {
        do {
            try entrance.hosts?.check(request.head.authority)
        } catch {
            return Response(error)
        }
        guard isAllowed else {
            return Response(
                Problem(
                    403, "pages of that Origin may not use this server; name it with --allow-origin"
                ))
        }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: Self.methods, .accessControlAllowHeaders: Self.headers,
                .accessControlMaxAge: "\(Self.preflightSeconds)", .cacheControl: "no-store",
            ])
    }
}
