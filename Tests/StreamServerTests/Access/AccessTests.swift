import Journal
import Testing

@testable import StreamServer

@Suite("Access")
struct AccessTests {
    private func scopes(_ texts: [String]) throws -> [Scope] {
        try texts.map { try #require(Scope($0)) }
    }

    private func holder(_ texts: String...) throws -> Holder {
        Holder(name: "h", scopes: try scopes(texts))
    }

    // MARK: Tokens

    @Test("a token is known by its hash, and nothing else is")
    func known() throws {
        let tokens = (0..<3).map { _ in Secret(prefix: TokenSetting.prefix) }
        let access = Access(
            try tokens.enumerated().map { place, secret in
                TokenSetting(
                    name: "\(place)", digest: secret.digest,
                    scopes: try scopes(place == 1 ? ["publish"] : ["read:*"]))
            })
        #expect(!access.isOpen)
        for (place, secret) in tokens.enumerated() {
            #expect(access.holder(of: secret, at: .now)?.name == "\(place)")
            #expect(access.holder(of: Secret(secret.text + "x"), at: .now) == nil)
            #expect(access.holder(of: Secret(String(secret.text.dropLast())), at: .now) == nil)
            #expect(
                access.holder(of: Secret(secret.digest.hexadecimal), at: .now) == nil,
                "not by the hash")
        }
        #expect(access.holder(of: tokens[1], at: .now)?.mayPublish == true)
        #expect(access.holder(of: Secret(""), at: .now) == nil)
    }

    @Test("a token that has an end is known until then")
    func expiry() {
        let secret = Secret(prefix: "")
        let end = Timestamp(microseconds: 1000)
        let access = Access([
            TokenSetting(name: "n", digest: secret.digest, scopes: [.admin], expires: end)
        ])
        #expect(access.holder(of: secret, at: Timestamp(microseconds: 999))?.expires == end)
        #expect(access.holder(of: secret, at: end) == nil)
    }

    @Test("what cannot stand in a header is no token, though its hash were in the settings")
    func malformed() throws {
        for text in ["a b", "a\r\nSet-Cookie: x", "é", "a;b", String(repeating: "a", count: 257)] {
            let setting = TokenSetting(
                name: "n", digest: SecretDigest(of: text), scopes: [.publish])
            #expect(Access([setting]).holder(of: Secret(text), at: .now) == nil)
        }
        let good = "abc.DEF~1+2/3_4-5="
        let setting = TokenSetting(name: "n", digest: SecretDigest(of: good), scopes: [.publish])
        #expect(Access([setting]).holder(of: Secret(good), at: .now)?.name == "n")
    }

    @Test("a secret has 256 bits, is another each time, and prints as none")
    func secrets() {
        let secrets = (0..<100).map { _ in Secret(prefix: "p_") }
        #expect(Set(secrets.map(\.text)).count == 100)
        for secret in secrets {
            #expect(secret.text.utf8.count == 2 + 43)
            #expect(secret.isWellFormed)
            #expect("\(secret)" == "(a secret)")
            #expect(String(reflecting: secret) == "(a secret)")
            var dumped = ""
            dump(secret, to: &dumped)
            #expect(!dumped.contains(secret.text))
        }
    }

    @Test("a digest is written as 64 hexadecimal digits, and read in either case")
    func digests() throws {
        let digest = SecretDigest(of: "abc")
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(digest.hexadecimal == text)
        #expect(SecretDigest(hexadecimal: text.uppercased()) == digest)
        #expect(digest.isSame(as: try #require(SecretDigest(hexadecimal: text))))
        for place in [0, 1, 63] {
            var other = Array(text)
            other[place] = other[place] == "0" ? "1" : "0"
            let changed = try #require(SecretDigest(hexadecimal: String(other)))
            #expect(!digest.isSame(as: changed), "digit \(place)")
        }
        for bad in ["", String(text.dropLast()), text + "0", String(text.dropLast()) + "g"] {
            #expect(SecretDigest(hexadecimal: bad) == nil)
        }
    }

    @Test("the entry that is printed is one that a file of settings may have")
    func entry() throws {
        let setting = TokenSetting(
            name: #"the "board" \ é"#, digest: SecretDigest(of: "s"),
            scopes: try scopes(["publish", "read:night-*", "read:a,\"b\"", "admin"]),
            expires: Timestamp(microseconds: 1_800_000_000_000_000))
        let file = "{tokens: [\(setting.entry),]}"
        #expect(try SettingsFile.decode(Array(file.utf8), path: "FILE").tokens == [setting])
    }

    // MARK: Scopes

    @Test("a scope is publish, admin, or read: with a pattern")
    func scopes() throws {
        for text in ["publish", "admin", "read:*", "read:a*b", "read:a/b: c"] {
            #expect(Scope(text)?.description == text)
        }
        let long = "read:" + String(repeating: "a", count: 257)
        for text in ["", "read", "read:", "Publish", "publish ", "write", "read:a\nb", long] {
            #expect(Scope(text) == nil, "\(text)")
        }
    }

    @Test("each scope allows what it says, and nothing else")
    func rights() throws {
        let none = Holder.nobody
        #expect(!none.mayPublish && !none.isAdmin && !none.mayRead)
        let publisher = try holder("publish")
        #expect(publisher.mayPublish && !publisher.isAdmin && !publisher.mayRead)
        let reader = try holder("read:a*")
        #expect(!reader.mayPublish && !reader.isAdmin && reader.mayRead)
        let admin = try holder("admin")
        #expect(admin.mayPublish && admin.isAdmin && admin.mayRead)
        #expect(admin.visible(.everything) == .everything)
        #expect(Holder.everybody.isAdmin)
    }

    @Test("a reader sees the runs that a pattern describes, and of others a run that is none")
    func runs() throws {
        let reader = try holder("read:a*", "read:b")
        let (a, b, c) = (try runID("a1"), try runID("b"), try runID("c"))
        #expect(reader.visible(a) == a)
        #expect(reader.visible(b) == b)
        #expect(reader.visible(c) == .hidden)
        #expect(reader.visible(try runID("ba")) == .hidden)
        #expect(reader.visible(.unassigned) == .hidden)
        #expect(reader.visible(Selection.run(c)) == .run(.hidden))
        #expect(reader.visible(.runs([a, b, c])) == .runs([a, b, .hidden]))
        #expect(try holder("publish").visible(a) == .hidden)
        #expect(RunID(RunID.hidden.name) == nil, "no event can be of that run")
    }

    @Test("a reader of patterns who asks for all gets those, and unassigned only by name")
    func all() throws {
        let reader = try holder("read:a*", "read:un*")
        let all = reader.visible(.all)
        let everything = reader.visible(.everything)
        for (name, isOfAll, isOfEverything) in [
            ("a1", true, true), ("c", false, false), ("unassigned", false, true),
        ] {
            #expect(all.contains(try runID(name)) == isOfAll)
            #expect(everything.contains(try runID(name)) == isOfEverything)
        }
        #expect(try holder("read:b", "read:**").visible(.all) == .all)
    }

    // MARK: Rules

    @Test(
        "a rule lets in who has the scope, tells others 403, and 401 who shows nothing",
        arguments: [
            (AccessRule.reader, "read:a", ["publish"]), (.publisher, "publish", ["read:*"]),
            (.admin, "admin", ["publish", "read:*"]),
        ])
    func rules(rule: AccessRule, scope: String, others: [String]) throws {
        let allowed = try holder(scope)
        #expect(try rule.admit(allowed) == allowed)
        #expect(try rule.admit(.everybody) == .everybody)
        let other = Holder(name: "o", scopes: try scopes(others))
        #expect(isRefused(403) { _ = try rule.admit(other) })
        #expect(isRefused(403) { _ = try rule.admit(.nobody) })
        #expect(isRefused(401) { _ = try rule.admit(nil) })
        #expect(try AccessRule.anyone.admit(nil) == .nobody)
        #expect(try AccessRule.anyone.admit(other) == other)
    }
}
