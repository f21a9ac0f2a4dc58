import ArgumentParser
import Journal
import StreamServer

/// `tapedeck token`: makes a token, and the entry by which a server knows it.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token, which is printed once, and its entry for the settings.",
        discussion: """
            The first line is the token: keep it where its user finds it, for it stands nowhere else. \
            The second goes into the list tokens of the file for serve --config; it holds only a \
            hash, from which nobody can make the token.
            """)

    @Option(help: "What its holder is called in the settings.")
    var name: String

    @Option(
        help: "How long it is good, such as 90d (default: until its entry is taken out).",
        transform: { text in
            guard let age = RetentionAge(text) else {
                throw ValidationError("--expires \(RetentionAge.rule)")
            }
            return age
        })
    var expires: RetentionAge?

    @Argument(
        help: "What it may be used for: publish, read:PATTERN of runs such as read:*, or admin.",
        transform: { text in
            guard let scope = Scope(text) else { throw ValidationError("a scope \(Scope.rule)") }
            return scope
        })
    var scopes: [Scope]

    mutating func validate() throws {
        guard TokenSetting.isName(name) else {
            throw ValidationError(
                "--name must be 1 to \(TokenSetting.nameBytesMax) bytes without control characters")
        }
        guard scopes.count <= TokenSetting.scopesMax else {
            throw ValidationError("a token may have at most \(TokenSetting.scopesMax) scopes")
        }
    }

    func run() throws {
        let secret = Secret(prefix: TokenSetting.prefix)
        let now = Timestamp.now.microseconds
        let setting = TokenSetting(
            name: name, digest: secret.digest, scopes: scopes,
            expires: expires.map { Timestamp(microseconds: now + $0.microseconds) })
        try OutputFile.standard.write(Array("\(secret.text)\n\(setting.entry),\n".utf8))
    }
}
