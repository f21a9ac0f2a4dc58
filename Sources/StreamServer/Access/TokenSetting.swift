package import Journal

/// A token as the settings name it: what it may be used for, and what it is known by.
package struct TokenSetting: Hashable, Sendable {
    /// Names of the members of an object that names a token.
    enum Key: String, CaseIterable {
        case name
        case sha256
        case scopes
        case expires

        /// All of them, as a sentence lists them.
        static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
    }

    /// The most scopes of one token.
    package static let scopesMax = 64
    /// The longest name, in bytes.
    package static let nameBytesMax = 64
    /// What tokens begin with, so that whoever finds one knows what it is.
    package static let prefix = "tapedeck_"

    /// What its holder is called.
    package let name: String
    /// The SHA-256 of the token.
    package let digest: SecretDigest
    /// What it may be used for.
    package let scopes: [Scope]
    /// From when on it is known no more; nil for never.
    package let expires: Timestamp?

    package init(
        name: String, digest: SecretDigest, scopes: [Scope], expires: Timestamp? = nil
    ) {
        self.name = name
        self.digest = digest
        self.scopes = scopes
        self.expires = expires
    }

    /// Whether a holder may be called that.
    package static func isName(_ text: String) -> Bool {
        (1...nameBytesMax).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    /// Whether no two of them have a name or a token in common.
    static func areDistinct(_ tokens: [TokenSetting]) -> Bool {
        Set(tokens.map(\.name)).count == tokens.count
            && Set(tokens.map(\.digest)).count == tokens.count
    }

    /// The entry for the list `tokens` in a file of settings.
    package var entry: String {
        let scopes = scopes.map { TokenSetting.quoted("\($0)") }.joined(separator: ", ")
        let end = expires.map { ", expires: \"\($0)\"" } ?? ""
        return "{ name: \(TokenSetting.quoted(name)), sha256: \"\(digest.hexadecimal)\", "
            + "scopes: [\(scopes)]\(end) }"
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONWriter.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
