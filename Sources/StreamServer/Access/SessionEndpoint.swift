import HTTPTypes
import Hummingbird
import Journal

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How browsers come to use a token: `POST /login`, `/logout` and `/api/tickets`.
struct SessionEndpoint: Sendable {
    private static let bodyBytesMax = 64 << 10
    /// How long a browser keeps the cookie: 30 days.
    private static let cookieSeconds = 30 * 24 * 60 * 60

    private struct Login: Decodable {
        let token: String
    }

    private struct TicketRequest: Decodable {
        let run: String?
        let runs: [String]?

        private enum CodingKeys: String, CodingKey {
            case run = "run_id"
            case runs = "run_ids"
        }
    }

    let gate: Gatekeeper

    /// `{"token"}`: the page gets the token as a cookie, which no script can read.
    func login(_ request: Request) async throws -> Response {
        let login = try await body(Login.self, of: request, like: #"{"token":"…"}"#)
        _ = try gate.holder(of: Secret(login.token))
        guard !gate.access.isOpen else { return cookie("", seconds: 0, of: request) }
        return cookie(login.token, seconds: SessionEndpoint.cookieSeconds, of: request)
    }

    /// The page forgets the token.
    func logout(_ request: Request) throws -> Response {
        try request.requireType(["application/json"])
        return cookie("", seconds: 0, of: request)
    }

    /// `{"run_id"}`, `{"run_ids":[…]}` or `{}` for all: a ticket for such a stream.
    func ticket(_ request: Request, _ holder: Holder) async throws -> Response {
        let wanted = try await body(
            TicketRequest.self, of: request, like: #"{"run_id":"…"} or {"run_ids":["…"]}"#)
        let runs = try ((wanted.runs ?? []) + [wanted.run].compactMap { $0 })
            .map { name throws(Problem) in try RequestTarget.run(name) }
        let ticket = try gate.ticket(for: holder, try StreamRequest.selection(of: runs))
        var object = JSONObject()
        object.add("ticket", ticket.text)
        object.add("expires_in", Tickets.lifetime.nanoseconds / 1_000_000_000)
        return Response(json: object.json)
    }

    private func body<Body: Decodable>(
        _ type: Body.Type, of request: Request, like example: String
    ) async throws -> Body {
        try request.requireType(["application/json"])
        let bytes = try await request.body.collect(upTo: SessionEndpoint.bodyBytesMax)
        guard let body = try? JSONDecoder().decode(type, from: Data(bytes.readableBytesView)) else {
            // The decoder's own words could hold what was sent.
            throw Problem(400, "the body must be a JSON object such as \(example)")
        }
        return body
    }

    private func cookie(_ value: String, seconds: Int, of request: Request) -> Response {
        // Behind a proxy that speaks TLS the page's origin tells of it.
        let isSecure = request.headers[.origin]?.lowercased().hasPrefix("https://") == true
        return Response(
            status: .noContent,
            headers: [
                .cacheControl: "no-store",
                .setCookie: "\(Credentials.cookieName)=\(value); Path=/; Max-Age=\(seconds); "
                    + "HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : ""),
            ])
    }
}
