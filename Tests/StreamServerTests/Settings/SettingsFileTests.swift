import StreamServer
import Testing

@Suite("Settings file")
struct SettingsFileTests {
    private func fault(_ bytes: [UInt8]) throws -> String {
        let error = try #require(throws: SettingsError.self) {
            try SettingsFile.decode(bytes, path: "FILE")
        }
        return error.description
    }

    @Test("it is JSON5: comments, names without quotes, commas at the end")
    func json5() throws {
        let text = """
            // one
            { port: 0x10, /* two */ 'host': 'h', "filters": ["a",],
              upstreams: [ 'http://u', { url: "http://v", namespace: '/n', }, ], }
            """
        let layer = try SettingsFile.decode(Array(text.utf8), path: "FILE")
        #expect(layer.port == 16)
        #expect(layer.host == "h")
        #expect(layer.filters == ["a"])
        #expect(layer.upstreams?.map(\.url) == ["http://u", "http://v"])
        #expect(layer.upstreams?.last?.namespace == "/n")
        #expect(layer.durability == nil)
        #expect(try SettingsFile.decode(Array("{}".utf8), path: "FILE") == SettingsLayer())
    }

    @Test(
        "a setting that is of another kind, or out of range, is named with what it may be",
        arguments: [
            ("journal", ["5", "null", "''", #""a\u0000b""#, "[]"], "must be a directory's name"),
            ("host", ["5", "''", "['h']"], "must be a host's name or address"),
            (
                "port", ["-1", "65536", "1.5", "1e30", "'1'", "true", "null", "Infinity"],
                "must be a whole number from 0 to 65535"
            ),
            ("upstreams", ["5", "'http://h'", "[5]", "[null]", "[[]]", "{}"], "must be a list of"),
            ("filters", ["[]", "'a'", "['']", "[5]", "['a', null]"], "must be a list of 1 to 256"),
            ("retention_age", ["'soon'", "'30'", "30"], "must be a number with s, m, h, d or w"),
            ("retention_size", ["'much'", "'-1GB'", "10"], "must be a number of bytes"),
            ("durability", ["'never'", "5", "['os']"], "must be durable or os"),
            ("allowed_hosts", ["'h'", "['']", "[5]"], "must be a list of at most 256 host names"),
            (
                "allowed_origins",
                [
                    "'h'", "['*']", "['app.example']", "['https://']", "['https://a/b']",
                    "['ftp://a']",
                ],
                "must be a list of at most 256 origins such as https://app.example"
            ),
            ("tokens", ["{}", "5", "['t']", "[[]]"], "must be a list of at most 256 objects with"),
            ("insecure", ["1", "'yes'", "null"], "must be true or false"),
            (
                "connections_max", ["0", "-1", "1.5", "1000001", "'9'", "null"],
                "must be a whole number from 1 to 1000000"
            ),
            (
                "connections_per_address_max", ["-1", "1000001", "null"],
                "must be a whole number from 0, for no limit, to 1000000"
            ),
            (
                "header_timeout_seconds", ["0", "31536001", "null"],
                "must be a whole number from 1 to 31536000"
            ),
            (
                "scrub_bytes_per_second", ["-1", "1.5", "'8'", "null", "1125899906842625"],
                "must be a whole number from 0, for no scrub, to 1125899906842624"
            ),
            (
                "scrub_interval_seconds", ["0", "-1", "31536001", "'1'", "null"],
                "must be a whole number from 1 to 31536000"
            ),
            (
                "low_space_bytes", ["-1", "0.5", "1e30", "false", "null"],
                "must be a whole number from 0, for no warning, to 1125899906842624"
            ),
        ])
    func kinds(name: String, values: [String], rule: String) throws {
        for value in values {
            let told = try fault(Array("{\(name): \(value)}".utf8))
            #expect(told.hasPrefix("FILE: \(name) \(rule)"), "\(value): \(told)")
        }
        let many = Array(repeating: "'http://h'", count: 257).joined(separator: ",")
        if rule.contains("256") || name == "upstreams" {
            #expect(
                try fault(Array("{\(name): [\(many)]}".utf8)).hasPrefix("FILE: \(name) \(rule)"))
        }
    }

    @Test(
        "what is wrong with an upstream is told with its place",
        arguments: [
            ("{}", "upstreams[0].url is missing"),
            ("'http://h', {url: 5}", "upstreams[1].url must be a string"),
            (
                "{url: 'http://h', tokn: 't'}",
                "upstreams[0].tokn is no setting; there are url, token"
            ),
            (
                "{url: 'http://h', token: ''}",
                "upstreams[0].token cannot be used: The token must be"
            ),
            (
                "{url: 'http://h', token: 'a', token_file: 'b'}",
                "upstreams: The upstream has a token"
            ),
            ("{url: 'http://h', namespace: 'a,b'}", "upstreams: The namespace must be"),
            ("'https://h'", "upstreams: The upstream \"https://h\" wants TLS"),
            ("'http://h', 'http://h:80/'", "upstreams: The upstream http://h:80 is named twice"),
        ])
    func upstreams(list: String, told: String) throws {
        let found = try fault(Array("{upstreams: [\(list)]}".utf8))
        #expect(found.hasPrefix("FILE: \(told)"), "\(found)")
    }

    @Test(
        "what is wrong with a token is told with its place",
        arguments: [
            ("{}", "tokens[0].name is missing"),
            (
                "{name: 'n', sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', scopes: ['admin'], scope: 1}",
                "tokens[0].scope is no setting; there are name, sha256, scopes, expires"
            ),
            ("{name: '', sha256: '', scopes: []}", "tokens[0].name must be 1 to 64 bytes"),
            ("{name: 'n', sha256: '0', scopes: []}", "tokens[0].sha256 must be 64 hexadecimal"),
            (
                "{name: 'n', sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', scopes: []}",
                "tokens[0].scopes must be a list of 1 to 64"
            ),
            (
                "{name: 'n', sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', scopes: ['publish', 'root']}",
                "tokens[0].scopes must be"
            ),
            (
                "{name: 'n', sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', scopes: ['read:']}",
                "tokens[0].scopes must be a list"
            ),
            (
                "{name: 'n', sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}",
                "tokens[0].scopes is missing"
            ),
            (
                "{name: 'n', sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', scopes: ['admin']}, "
                    + "{name: 'm', sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', scopes: ['admin']}",
                "tokens must be a list of at most 256 objects"
            ),
        ])
    func tokens(list: String, told: String) throws {
        let found = try fault(Array("{tokens: [\(list)]}".utf8))
        #expect(found.hasPrefix("FILE: \(told)"), "\(found)")
    }

    @Test("two namespaces of one service are two upstreams")
    func namespaces() throws {
        let text = "{upstreams: ['http://h', {url: 'http://h', namespace: 'n'}]}"
        #expect(try SettingsFile.decode(Array(text.utf8), path: "FILE").upstreams?.count == 2)
    }

    @Test("an unknown setting is named, with those that there are")
    func unknown() throws {
        let told = try fault(Array("{port: 1, prot: 2}".utf8))
        #expect(told.hasPrefix("FILE: prot is no setting; there are journal, host, port, "))
    }

    @Test(
        "what is no object in JSON5 is refused, with the line if that can be told",
        arguments: [
            ("[]", "the file must hold one object"), ("5", "the file must hold one object"),
            ("", "the file is not JSON5 from line 1 on"),
            ("{\n  port: 1\n  host: 'h'\n}", "the file is not JSON5 from line 3 on"),
            ("{ port: 1 }}", "the file is not JSON5 from line 1 on"),
        ])
    func syntax(text: String, told: String) throws {
        let found = try fault(Array(text.utf8))
        #expect(found.hasPrefix("FILE: \(told)"), "\(found)")
    }

    @Test("a file that is not UTF-8, or too long, is refused")
    func bytes() throws {
        #expect(try fault(Array("{host: '".utf8) + [0xFF] + Array("'}".utf8)).contains("UTF-8"))
        let long = [UInt8](repeating: 0x20, count: SettingsFile.bytesMax + 1)
        #expect(try fault(long).contains("\(SettingsFile.bytesMax) bytes"))
    }
}
