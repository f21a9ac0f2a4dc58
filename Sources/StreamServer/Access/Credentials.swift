import HTTPTypes
import NIOHTTP1

/// What a request shows to say who it is from.
struct Credentials: Sendable {
    /// Where the token stands in a cookie.
    static let cookieName = "tapedeck_token"

    /// The values of `Authorization`.
    private let authorizations: [String]
    /// The tokens in cookies; none where a page that is not ours may have sent the request.
    private let cookies: [String]

    /// What a request to `host` shows, whose headers `values` yields by their names.
    init(host: String?, values: (String) -> [String]) {
        authorizations = values("Authorization")
        cookies =
            Credentials.isOwnPage(host: host, values: values)
            ? values("Cookie").flatMap(Credentials.tokens) : []
    }

    init(_ head: HTTPRequestHead) {
        self.init(host: head.headers.first(name: "Host")) { head.headers[$0] }
    }

    init(_ request: HTTPRequest) {
        self.init(host: request.authority) { name in
            HTTPField.Name(name).map { request.headerFields[values: $0] } ?? []
        }
    }

    /// What is wrong with credentials that are none.
    struct Malformed: Error {}

    /// The token; nil where none is shown.
    ///
    /// `Authorization` wins over a cookie.
    var token: Secret? {
        get throws(Malformed) {
            guard let authorization = authorizations.first else {
                return cookies.first.map { Secret($0) }
            }
            let parts = authorization.split(separator: " ")
            guard authorizations.count == 1, parts.count == 2, parts[0].lowercased() == "bearer"
            else { throw Malformed() }
            return Secret(String(parts[1]))
        }
    }

    /// Whether it is a page of this server that sent the request, or no page at all.
    ///
    /// A browser sends a cookie along with requests of pages from other ports of this machine:
    /// `SameSite` takes those for the same site.
    private static func isOwnPage(host: String?, values: (String) -> [String]) -> Bool {
        guard values("Sec-Fetch-Site").allSatisfy({ ["same-origin", "none"].contains($0) }) else {
            return false
        }
        return values("Origin").allSatisfy { origin in
            let parts = origin.lowercased().split(separator: "://", maxSplits: 1)
            return parts.count == 2 && String(parts[1]) == host?.lowercased()
        }
    }

    private static func tokens(in cookies: String) -> [String] {
        cookies.split(separator: ";").compactMap { cookie in
            let parts = cookie.trimmingPrefix { $0 == " " }
                .split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 && parts[0] == cookieName ? String(parts[1]) : nil
        }
    }
}
