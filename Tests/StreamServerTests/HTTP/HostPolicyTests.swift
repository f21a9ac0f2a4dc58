import Testing

@testable import StreamServer

@Suite("Hosts")
struct HostPolicyTests {
    private let policy = HostPolicy(allowing: ["Deck.example"])

    @Test(
        "loopback names and those that were allowed are ours, on any port and in any case",
        arguments: [
            "localhost", "localhost:6101", "LOCALHOST", "127.0.0.1", "127.0.0.1:1", "[::1]",
            "[::1]:6101", "deck.example", "DECK.EXAMPLE:443",
        ])
    func ours(host: String) throws {
        try policy.check(host)
    }

    @Test(
        "any other name is refused, however it looks like one of ours",
        arguments: [
            nil, "", ":6101", "evil.example", "localhost.evil.example", "evil.localhost",
            "127.0.0.1.evil.example", "xlocalhost", "127.0.0.2", "::1", "[::2]", "[::1",
            "[::ffff:127.0.0.1]", "example", "deck.example.com", "0.0.0.0", " localhost",
            "localhost@evil.example", "evil.example#localhost", "localhost,evil.example",
        ] as [String?])
    func others(host: String?) {
        #expect(isRefused(421) { try policy.check(host) })
    }

    @Test(
        "pages of our hosts may connect, on any port, and so may what is no page",
        arguments: [
            [], ["http://localhost"], ["http://127.0.0.1:3000"], ["https://[::1]:8443"],
            ["HTTP://Deck.Example:80"], ["http://localhost:1", "http://127.0.0.1"],
        ])
    func ourPages(origins: [String]) throws {
        try policy.check(origins: origins)
    }

    @Test(
        "pages of other hosts, or of none, may not",
        arguments: [
            ["null"], [""], ["localhost"], ["http://"], ["http:localhost"], ["file://"],
            ["http://evil.example"], ["http://localhost.evil.example"], ["ftp://localhost"],
            ["chrome-extension://localhost"], ["http://localhost@evil.example"],
            ["http://evil.example/http://localhost"], ["http://localhost/x"],
            ["http://localhost", "http://evil.example"], ["http://localhost, http://evil.example"],
        ])
    func otherPages(origins: [String]) {
        #expect(isRefused(403) { try policy.check(origins: origins) })
    }

    @Test("nothing but loopback is ours unless it is allowed")
    func strict() {
        #expect(isRefused(421) { try HostPolicy().check("deck.example") })
        #expect(!isRefused(421) { try HostPolicy().check("localhost") })
    }
}
