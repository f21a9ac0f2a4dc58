/// Where an Event Stream service listens: `http://host[:port][/path]`.
///
/// The path is where the service is mounted, in front of `/socket.io/`; usually there is none.
package struct UpstreamURL: Hashable, Sendable, CustomStringConvertible {
    /// The longest URL, in bytes.
    package static let bytesMax = 2048

    /// The host's name or address, an IPv6 address without its brackets.
    package let host: String

    /// The TCP port, 1 to 65535; 80 if the URL names none.
    package let port: Int

    /// The path without a slash at its end; empty if there is none.
    package let path: String

    /// The URL that means the same: what logs and metrics show.
    package var description: String { "http://\(authority)\(path)" }

    /// Host and port, as the `Host` header wants them.
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// What an upgrade request asks for.
    package var requestTarget: String { "\(path)/socket.io/?EIO=4&transport=websocket" }

    /// Reads a URL as a user writes it; `ws://` means the same as `http://`.
    ///
    /// - Throws: `UpstreamConfigurationError` with a sentence that says what is wrong.
    package init(_ text: String) throws(UpstreamConfigurationError) {
        guard text.utf8.count <= UpstreamURL.bytesMax else {
            throw UpstreamConfigurationError(
                "The upstream's URL is longer than \(UpstreamURL.bytesMax) bytes.")
        }
        func fault(_ what: String) -> UpstreamConfigurationError {
            // What may hold a secret is not repeated.
            let subject = text.contains { "@?#".contains($0) } ? "'s URL" : " \"\(text)\""
            return UpstreamConfigurationError(
                "The upstream\(subject) \(what); it must look like http://127.0.0.1:6102.")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw UpstreamConfigurationError(
                "The upstream's URL holds a space or a character beyond ASCII; "
                    + "it must look like http://127.0.0.1:6102.")
        }
        guard let mark = text.firstRange(of: "://") else { throw fault("names no scheme") }
        switch text[..<mark.lowerBound].lowercased() {
        case "http", "ws": break
        case "https", "wss": throw fault("wants TLS, which is not spoken here")
        default: throw fault("has an unknown scheme")
        }
        let rest = text[mark.upperBound...]
        guard !rest.contains("@") else { throw fault("carries credentials, use a token instead") }
        guard !rest.contains("?"), !rest.contains("#") else {
            throw fault("carries a query or a fragment")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = UpstreamURL.split(authority: rest[..<slash]) else {
            throw fault("names no valid host and port")
        }
        self.host = host
        self.port = port
        var path = rest[slash...]
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
    }

    private static func split(authority: Substring) -> (host: String, port: Int)? {
        let host: Substring
        let tail: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[..<end].dropFirst()
            tail = authority[end...].dropFirst()
            guard
                host.utf8.allSatisfy({
                    isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                })
            else { return nil }
        } else {
            let colon = authority.firstIndex(of: ":") ?? authority.endIndex
            host = authority[..<colon]
            tail = authority[colon...]
            guard !host.contains(where: { "[]\\\"<>^`{|}".contains($0) }) else { return nil }
        }
        guard !host.isEmpty else { return nil }
        guard !tail.isEmpty else { return (String(host), 80) }
        let digits = tail.dropFirst()
        guard tail.first == ":", digits.utf8.count <= 5, digits.utf8.allSatisfy(isDigit),
            let port = Int(digits), (1...65535).contains(port)
        else { return nil }
        return (String(host), port)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
