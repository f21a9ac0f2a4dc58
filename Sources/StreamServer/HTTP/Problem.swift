package import Journal

/// Why a request is refused, in one sentence, with the HTTP status that says so.
package struct Problem: Error, Hashable, Sendable {
    /// The status code.
    package var status: Int
    /// One sentence: what, and what to do.
    package var detail: String

    package init(_ status: Int, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    /// The one table from journal errors to HTTP.
    package init(_ error: JournalError) {
        // What concerns the request is told in the journal's words; what concerns the machine, with
        // its paths, is for the log.
        detail = error.message
        switch error.code {
        case .invalidEvent: status = 400
        case .notFound: status = 404
        case .tooLarge: status = 413
        case .readOnly, .overloaded, .closed: status = 503
        case .diskFull:
            status = 507
            detail = "the disk is full and nothing was recorded; make room and send it again"
        default:
            status = 500
            detail = "the journal's disk failed and nothing was recorded; the server's log says why"
        }
    }

    /// The body, as `application/problem+json`.
    package var json: [UInt8] {
        var object = JSONObject()
        object.add("type", "about:blank")
        object.add("title", Problem.titles[status] ?? "Error")
        object.add("status", status)
        object.add("detail", detail)
        return object.json
    }

    /// What a 401 says of how to show a token.
    static let challenge = #"Bearer realm="tapedeck""#

    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 413: "Content Too Large", 415: "Unsupported Media Type",
        421: "Misdirected Request",
        500: "Internal Server Error", 503: "Service Unavailable", 507: "Insufficient Storage",
    ]
}
