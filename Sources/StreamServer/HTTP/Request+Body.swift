import HTTPTypes
import Hummingbird

extension Request {
    /// The path and query, decoded.
    ///
    /// - Throws: ``Problem`` 400 when a percent-encoding is none.
    var target: RequestTarget {
        get throws(Problem) { try RequestTarget(head.path ?? "") }
    }

    /// The media type of the body, in lower case and without parameters.
    ///
    /// Only types that no form and no simple cross-origin request can have are taken.
    ///
    /// - Throws: ``Problem`` 415 when it is none of `types`.
    @discardableResult
    func requireType(_ types: [String]) throws(Problem) -> String {
        let declared =
            headers[.contentType]?
            .split(separator: ";", maxSplits: 1).first?
            .trimmingPrefix { $0 == " " }.lowercased() ?? ""
        let type = declared.split(separator: " ").first.map(String.init) ?? ""
        guard types.contains(type) else {
            throw Problem(415, "the body must be declared as \(types.joined(separator: " or "))")
        }
        return type
    }
}
