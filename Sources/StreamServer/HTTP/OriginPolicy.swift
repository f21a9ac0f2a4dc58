/// Which other origins' pages may use the server (CORS): those that are named, and no other.
///
/// They show tokens and tickets, never the cookie, which is for the server's own page.
package struct OriginPolicy: Hashable, Sendable {
    /// What an origin is written like: the end of a sentence.
    package static let rule = "origins such as https://app.example or http://localhost:3000"

    /// In lower case.
    private let origins: Set<String>

    /// Lets in pages of these origins.
    package init(_ origins: some Sequence<String> = []) {
        self.origins = Set(origins.map { $0.lowercased() })
    }

    /// Whether there are any.
    var isEmpty: Bool { origins.isEmpty }

    /// The origin that an answer may be shown to; nil for none of ours.
    ///
    /// - Parameter named: the values of the `Origin` header, of which a browser sends one.
    /// - Returns: the origin as the browser named it.
    func allowed(_ named: [String]) -> String? {
        guard named.count == 1, let origin = named.first,
            origins.contains(origin.lowercased())
        else { return nil }
        return origin
    }

    /// Whether a text is an origin: a scheme, a host and maybe a port, and nothing behind it.
    package static func isOrigin(_ text: String) -> Bool {
        let parts = text.lowercased().split(
            separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "http" || parts[0] == "https", !parts[1].isEmpty else {
            return false
        }
        return parts[1].utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"): true
            case UInt8(ascii: "["), UInt8(ascii: "]"): true
            default: false
            }
        }
    }
}
