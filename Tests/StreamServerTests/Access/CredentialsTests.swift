import NIOHTTP1
import Testing

@testable import StreamServer

@Suite("Credentials")
struct CredentialsTests {
    private func credentials(_ headers: [(String, String)]) -> Credentials {
        let fields = HTTPHeaders([("Host", "Deck.example:6101")] + headers)
        return Credentials(
            HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: fields))
    }

    private func token(_ headers: (String, String)...) throws -> String? {
        try credentials(headers).token?.text
    }

    @Test("a token stands behind Bearer, in any case")
    func bearer() throws {
        #expect(try token(("Authorization", "Bearer abc")) == "abc")
        #expect(try token(("authorization", "bEARER  abc")) == "abc")
        #expect(try token() == nil)
    }

    @Test(
        "anything else in Authorization is malformed, and is not passed over for a cookie",
        arguments: ["", "abc", "Basic abc", "Bearer", "Bearer a b", "Bearer: abc"])
    func malformed(value: String) {
        #expect(throws: Credentials.Malformed.self) {
            try token(("Authorization", value), ("Cookie", "tapedeck_token=t"))
        }
    }

    @Test("two Authorization headers are malformed: which would be checked, and which believed?")
    func twice() {
        #expect(throws: Credentials.Malformed.self) {
            try token(("Authorization", "Bearer a"), ("Authorization", "Bearer b"))
        }
    }

    @Test("a token stands in a cookie among others, and Authorization wins over it")
    func cookie() throws {
        #expect(try token(("Cookie", "tapedeck_token=t")) == "t")
        #expect(try token(("Cookie", "a=b; tapedeck_token=t=; c=d")) == "t=")
        #expect(try token(("Cookie", "a=b"), ("Cookie", "tapedeck_token=t")) == "t")
        #expect(
            try token(("Cookie", "xtapedeck_token=t; tapedeck_tokens=t; tapedeck_token")) == nil)
        #expect(
            try token(("Cookie", "tapedeck_token=t"), ("Authorization", "Bearer a")) == "a")
    }

    @Test(
        "a cookie counts for the server's own page alone",
        arguments: [
            (["Origin": "http://deck.example:6101"], true),
            (["Origin": "https://deck.example:6101"], true),
            (["Sec-Fetch-Site": "same-origin"], true), (["Sec-Fetch-Site": "none"], true),
            (["Sec-Fetch-Site": "same-origin", "Origin": "http://deck.example:6101"], true),
            (["Origin": "http://deck.example:8080"], false),
            (["Origin": "http://deck.example"], false),
            (["Origin": "http://evil.example"], false), (["Origin": "null"], false),
            (["Origin": ""], false), (["Origin": "deck.example:6101"], false),
            (["Sec-Fetch-Site": "same-site"], false), (["Sec-Fetch-Site": "cross-site"], false),
            (["Sec-Fetch-Site": "cross-site", "Origin": "http://deck.example:6101"], false),
        ])
    func ownPage(headers: [String: String], counts: Bool) throws {
        let pairs = headers.map { ($0.key, $0.value) }
        let found = try credentials(pairs + [("Cookie", "tapedeck_token=t")]).token?.text
        #expect(found == (counts ? "t" : nil))
        #expect(try credentials(pairs + [("Authorization", "Bearer a")]).token?.text == "a")
    }
}
