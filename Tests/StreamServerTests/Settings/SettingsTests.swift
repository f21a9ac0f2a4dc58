import Foundation
import Journal
import StreamServer
import Testing

@Suite("Settings")
struct SettingsTests {
    private static let sample = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/tapedeck.sample.json5")

    /// A value of each setting that is not the default.
    static func other(_ key: SettingsKey) -> String {
        switch key {
        case .journal: #""/elsewhere""#
        case .host: #""::1""#
        case .port: "0"
        case .upstreams: #"["http://a:1", {url: "http://b:2", namespace: "n", token: "t"}]"#
        case .filters: #"["a*", "b"]"#
        case .registry: #""r.db""#
        case .durability: #""os""#
        case .retentionAge: #""30d""#
        case .retentionSize: #""10GB""#
        case .allowedHosts: #"["x.example"]"#
        case .allowedOrigins: #"["https://app.example"]"#
        case .tokens:
            #"[{name: "n", sha256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", scopes: ["publish"]}]"#
        case .insecure: "true"
        case .connectionsMax: "9"
        case .connectionsPerAddressMax: "3"
        case .headerTimeoutSeconds: "5"
        case .scrubBytesPerSecond: "0"
        case .scrubIntervalSeconds: "60"
        case .lowSpaceBytes: "1"
        }
    }

    private func layer(_ text: String) throws -> SettingsLayer {
        try SettingsFile.decode(Array(text.utf8), path: "FILE")
    }

    /// The members of a value, by their names.
    private func members(_ value: Any) -> [String: String] {
        let pairs = Mirror(reflecting: value).children.map { ($0.label ?? "", "\($0.value)") }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    @Test("the sample file has every setting, each as it is unless told otherwise")
    func sample() throws {
        let text = try String(contentsOf: SettingsTests.sample, encoding: .utf8)
        let layer = try layer(text)
        // No registry and no limits are said by null.
        let unsaid = members(layer).filter { $0.value == "nil" }.keys.sorted()
        #expect(unsaid == ["registry", "retentionAge", "retentionSize"])
        #expect(members(layer).count == SettingsKey.allCases.count)
        var settings = Settings()
        settings.apply(layer)
        #expect(settings == Settings())
        for key in SettingsKey.allCases { #expect(text.contains("\n  \(key.rawValue): ")) }
    }

    @Test(
        "every setting can stand in a file, and reaches the settings",
        arguments: SettingsKey.allCases)
    func reaches(key: SettingsKey) throws {
        let layer = try layer("{\(key.rawValue): \(SettingsTests.other(key))}")
        var settings = Settings()
        settings.apply(layer)
        let (before, after) = (members(Settings()), members(settings))
        let changed = before.keys.filter { before[$0] != after[$0] }
        #expect(changed.count == 1)
        #expect(changed == members(layer).filter { $0.value != "nil" }.map(\.key))
    }

    @Test("what comes later wins, and leaves what it does not name")
    func layers() throws {
        var settings = Settings()
        settings.apply(try layer(#"{host: "a", port: 1, upstreams: []}"#))
        settings.apply(try layer("{port: 2}"))
        #expect(settings.host == "a")
        #expect(settings.port == 2)
        #expect(settings.upstreams.isEmpty)
        #expect(settings.durability == .durable)
    }

    @Test("an option's name is told where the command line is wrong")
    func names() {
        var layer = SettingsLayer()
        layer.allowedHosts = [""]
        let error = #expect(throws: SettingsError.self) { try layer.check(\.option) }
        #expect(error?.description.hasPrefix("--allow-host must be ") == true)
    }

    @Test(
        "only loopback is listened on unless that is meant",
        arguments: [
            ("127.0.0.1", true), ("localhost", true), ("::1", true), ("127.9.9.9", true),
            ("0.0.0.0", false), ("::", false), ("127.0.0.1.example", false), ("127.0.0", false),
            ("127.0.0.256", false),
        ])
    func loopback(host: String, isLoopback: Bool) throws {
        var settings = Settings()
        settings.host = host
        #expect(settings.isLoopback == isLoopback)
        func options(listens: Bool) throws -> TapedeckServer.Options {
            try settings.serverOptions(listens: listens, token: nil) { _ in [] }
        }
        if isLoopback {
            #expect(try options(listens: true).listener?.host == host)
        } else {
            let error = #expect(throws: SettingsError.self) { try options(listens: true) }
            #expect(error?.description.contains("--insecure") == true)
        }
        #expect(try options(listens: false).listener == nil)
        var safe = settings
        safe.tokens = [TokenSetting(name: "n", digest: SecretDigest(of: "s"), scopes: [.admin])]
        let listener = try safe.serverOptions(listens: true, token: nil) { _ in [] }.listener
        #expect(listener?.host == host)
        #expect(listener?.access.isOpen == false)
        settings.insecure = true
        #expect(try options(listens: true).listener?.host == host)
        #expect(try options(listens: true).listener?.access.isOpen == true)
    }

    @Test("the scrub and the watch over free space are as they are told, and no rate is no scrub")
    func upkeep() throws {
        var settings = Settings()
        func options() throws -> TapedeckServer.Options {
            try settings.serverOptions(listens: true, token: nil) { _ in [] }
        }
        #expect(
            try options().scrub == ScrubPlan(bytesPerSecond: 8 << 20, intervalSeconds: 604_800))
        #expect(try options().lowSpaceBytes == 1 << 30)
        settings.apply(try layer("{scrub_interval_seconds: 5, low_space_bytes: 7}"))
        #expect(try options().scrub?.intervalSeconds == 5)
        #expect(try options().lowSpaceBytes == 7)
        settings.apply(try layer("{scrub_bytes_per_second: 0}"))
        #expect(try options().scrub == nil)
    }

    // MARK: Tokens

    private struct NoSuchFile: Error {}

    private func tokens(_ text: String, variable: String? = nil) throws -> [UpstreamToken?] {
        var settings = Settings()
        settings.apply(try layer("{upstreams: \(text)}"))
        return try settings.serverOptions(listens: true, token: variable) { path in
            switch path {
            case "good": Array("from file\r\n".utf8)
            case "empty": Array("\n".utf8)
            case "binary": [0xFF, 0xFE]
            default: throw NoSuchFile()
            }
        }.upstreams.map(\.token)
    }

    @Test("a token stands in the file, in a file of its own, or in the environment")
    func tokens() throws {
        let (a, file) = (try UpstreamToken("a"), try UpstreamToken("from file"))
        let variable = try UpstreamToken("v")
        #expect(try tokens(#"["http://h"]"#) == [nil])
        #expect(try tokens(#"[{url: "http://h", token: "a"}]"#) == [a])
        #expect(try tokens(#"[{url: "http://h", token_file: "good"}]"#) == [file])
        #expect(try tokens(#"["http://h"]"#, variable: "v") == [variable])
        #expect(try tokens(#"[{url: "http://h", token: "a"}]"#, variable: "v") == [a])
        #expect(try tokens("[]", variable: "v") == [])
        #expect(throws: NoSuchFile.self) {
            try tokens(#"[{url: "http://h", token_file: "missing"}]"#)
        }
    }

    @Test(
        "a token that cannot be used is refused, and none is shown to a service it is not for",
        arguments: [
            (#"[{url: "http://h", token_file: "empty"}]"#, nil, "empty: The token must be"),
            (#"[{url: "http://h", token_file: "binary"}]"#, nil, "binary: The token must be"),
            (#"["http://h"]"#, "a\nb", "TAPEDECK_UPSTREAM_TOKEN: The token must be"),
            (#"["http://h", "http://i"]"#, "v", "TAPEDECK_UPSTREAM_TOKEN is for one upstream"),
        ])
    func badTokens(text: String, variable: String?, beginning: String) {
        let error = #expect(throws: SettingsError.self) { try tokens(text, variable: variable) }
        #expect(error?.description.hasPrefix(beginning) == true, "\(String(describing: error))")
    }
}
