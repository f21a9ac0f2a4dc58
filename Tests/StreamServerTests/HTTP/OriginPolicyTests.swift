import Testing

@testable import StreamServer

@Suite("Origin policy")
struct OriginPolicyTests {
    private let policy = OriginPolicy(["https://App.example", "http://localhost:3000"])

    @Test("an origin that is named is allowed, in any case, and echoed as it came")
    func allowed() {
        #expect(policy.allowed(["https://app.example"]) == "https://app.example")
        #expect(policy.allowed(["HTTPS://APP.example"]) == "HTTPS://APP.example")
        #expect(policy.allowed(["http://localhost:3000"]) == "http://localhost:3000")
    }

    @Test(
        "no other is: not by scheme, port, ending or beginning, none, two, or null",
        arguments: [
            ["http://app.example"], ["https://app.example:443"], ["https://app.example.evil"],
            ["https://evil-app.example"], ["https://x.app.example"], ["null"], ["*"], [""], [],
            ["http://localhost"], ["http://localhost:3001"],
            ["https://app.example", "https://app.example"],
        ])
    func refused(origins: [String]) {
        #expect(policy.allowed(origins) == nil)
        #expect(OriginPolicy().allowed(origins) == nil)
    }

    @Test("an origin is a scheme and an authority, and nothing that could end a header")
    func forms() {
        for good in ["https://a", "http://a:1", "http://[::1]:80", "https://a-b.c"] {
            #expect(OriginPolicy.isOrigin(good))
        }
        for bad in [
            "", "*", "a", "null", "https://", "ftp://a", "https://a/", "https://a b",
            "https://a\r\nb",
            "https://a?b", "https://u@a", "https://é",
        ] {
            #expect(!OriginPolicy.isOrigin(bad), "\(bad)")
        }
    }
}
