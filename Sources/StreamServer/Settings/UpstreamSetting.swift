/// An upstream as it is named by a user: a URL, and what a service may want besides.
package struct UpstreamSetting: Hashable, Sendable {
    /// Names of the members of an object that names an upstream.
    enum Key: String, CaseIterable {
        case url
        case token
        case tokenFile = "token_file"
        case namespace

        /// All of them, as a sentence lists them.
        static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
    }

    /// Where the service is.
    package var url: String
    /// The token that it wants.
    package var token: UpstreamToken?
    /// A file that has the token.
    package var tokenFile: String?
    /// The namespace to join; the default one if nil.
    package var namespace: String?

    package init(url: String) {
        self.url = url
    }

    /// How a client reaches it.
    ///
    /// - Parameters:
    ///   - fallback: the token of an upstream that names none.
    ///   - read: gives the contents of a file; called for a token's.
    /// - Returns: what a client is made with.
    /// - Throws: `UpstreamConfigurationError` with a sentence for the user, and what `read` throws.
    func configuration(
        token fallback: UpstreamToken? = nil, read: (_ path: String) throws -> [UInt8]
    ) throws -> UpstreamClient.Configuration {
        var configuration = try client
        configuration.token = try tokenFile.map { path in
            let text = String(validating: try read(path), as: UTF8.self)
            do throws(UpstreamConfigurationError) {
                // An editor ends the line.
                return try UpstreamToken(
                    String((text ?? "").reversed().drop { $0.isNewline }.reversed()))
            } catch {
                throw UpstreamConfigurationError("\(path): \(error)")
            }
        }
        configuration.token = configuration.token ?? token ?? fallback
        return configuration
    }

    /// Checks each for itself, and that no two are the same service.
    ///
    /// - Throws: `UpstreamConfigurationError` with a sentence for the user.
    static func check(_ settings: [UpstreamSetting]) throws(UpstreamConfigurationError) {
        var names: Set<String> = []
        for setting in settings {
            guard setting.token == nil || setting.tokenFile == nil else {
                throw UpstreamConfigurationError(
                    "The upstream has a token and a token_file; name one of them.")
            }
            let name = try setting.client.name
            guard names.insert(name).inserted else {
                throw UpstreamConfigurationError("The upstream \(name) is named twice.")
            }
        }
    }

    /// The client's configuration, without a token.
    private var client: UpstreamClient.Configuration {
        get throws(UpstreamConfigurationError) {
            UpstreamClient.Configuration(
                url: try UpstreamURL(url),
                namespace: try namespace.map { name throws(UpstreamConfigurationError) in
                    try SocketIONamespace(name)
                } ?? .root)
        }
    }
}
