import StreamServer
import Testing

@Suite("Upstream URL and namespace")
struct UpstreamURLTests {
    @Test(
        "a URL is taken apart",
        arguments: [
            ("http://127.0.0.1:6102", "127.0.0.1", 6102, ""),
            ("http://localhost", "localhost", 80, ""),
            ("HTTP://events.example:1/", "events.example", 1, ""),
            ("ws://h:65535/a/b//", "h", 65535, "/a/b"),
            ("http://[::1]:6102/x", "::1", 6102, "/x"),
        ])
    func valid(text: String, host: String, port: Int, path: String) throws {
        let url = try UpstreamURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.path == path)
        #expect(try UpstreamURL(url.description) == url)
        #expect(url.requestTarget == "\(path)/socket.io/?EIO=4&transport=websocket")
    }

    @Test(
        "what cannot be used says why",
        arguments: [
            ("127.0.0.1:6102", "scheme"), ("ftp://h", "unknown scheme"), ("https://h", "TLS"),
            ("http://", "host"), ("http://:80", "host"), ("http://h:0", "port"),
            ("http://h:65536", "port"), ("http://h:+1", "port"), ("http://h:8 0", "space"),
            ("http://u:p@h", "credentials"), ("http://h/?q", "query"), ("http://[::1", "host"),
            ("http://[x]:1", "host"), ("http://h\r\nX: y", "space"), ("http://::1", "host"),
            ("http://h/" + String(repeating: "a", count: 3000), "longer"),
        ])
    func invalid(text: String, word: String) {
        let error = #expect(throws: UpstreamConfigurationError.self) { try UpstreamURL(text) }
        #expect(error?.description.contains(word) == true)
    }

    @Test(
        "what may be a secret is not repeated",
        arguments: [
            "http://u:hush@h", "u:hush@h", "https://u:hush@h", "http://h/?token=hush",
            "http://h:x/#hush", "ftp://h?hush",
        ])
    func secrets(text: String) {
        let error = #expect(throws: UpstreamConfigurationError.self) { try UpstreamURL(text) }
        #expect(error?.description.contains("hush") == false)
    }

    @Test("a token prints as nothing that tells it, and must be one")
    func tokens() throws {
        let token = try UpstreamToken("hush é")
        var configuration = UpstreamClient.Configuration(url: try UpstreamURL("http://h"))
        configuration.token = token
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(token)", "\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hush"))
        }
        #expect(dumped.contains("(a token)"))
        #expect(try token == UpstreamToken("hush é"))
        for bad in ["", "a\nb", "a\0", String(repeating: "t", count: UpstreamToken.bytesMax + 1)] {
            let error = #expect(throws: UpstreamConfigurationError.self) { try UpstreamToken(bad) }
            #expect(error.map { bad.isEmpty || !$0.description.contains(bad) } == true)
        }
    }

    @Test("a namespace gets its slash, and may not hold what packets give a meaning")
    func namespaces() throws {
        #expect(try SocketIONamespace("") == .root)
        #expect(try SocketIONamespace("chat").description == "/chat")
        for bad in ["/a,b", "/a?b", "/a\n", String(repeating: "n", count: 300)] {
            #expect(throws: UpstreamConfigurationError.self) { try SocketIONamespace(bad) }
        }
    }
}
