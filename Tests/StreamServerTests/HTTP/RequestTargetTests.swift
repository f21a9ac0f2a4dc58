import Journal
import Testing

@testable import StreamServer

@Suite("Request targets")
struct RequestTargetTests {
    @Test(
        "a path is cut at its slashes, then each segment is decoded",
        arguments: [
            ("/", [""]), ("/a/b", ["a", "b"]), ("/a%2Fb/c", ["a/b", "c"]),
            ("/a%2fb", ["a/b"]), ("/%C3%BC/%F0%9F%8E%9E", ["ü", "🎞"]), ("/a%20b", ["a b"]),
            ("/a+b", ["a+b"]), ("/a/", ["a", ""]), ("/a//b", ["a", "", "b"]),
            ("/%25", ["%"]), ("/a%3Fb", ["a?b"]), ("/ü", ["ü"]),
        ])
    func path(target: String, path: [String]) throws {
        #expect(try RequestTarget(target).path == path)
    }

    @Test("a slash at the end is a segment of its own, so it names something else")
    func trailingSlash() throws {
        #expect(try RequestTarget("/a/").path != RequestTarget("/a").path)
        #expect(try RequestTarget("/api/runs/?q=1").path == ["api", "runs", ""])
    }

    @Test("parameters are decoded, and a plus is a space")
    func query() throws {
        let target = try RequestTarget("/a?x=1&y=a%26b+c%2B&x=2&empty=&flag&=anonymous&&q=a=b?c")
        let pairs = target.query.map { "\($0.name)|\($0.value)" }
        #expect(
            pairs == ["x|1", "y|a&b c+", "x|2", "empty|", "flag|", "|anonymous", "q|a=b?c"])
        #expect(target.parameter("x") == "1")
        #expect(target.parameter("flag") == "")
        #expect(target.parameter("absent") == nil)
        #expect(try RequestTarget("/a?n%C3%A4me=v").parameter("näme") == "v")
    }

    @Test(
        "what is no percent-encoding, or not UTF-8, is refused",
        arguments: [
            "/%", "/%2", "/%2x", "/%x2", "/a?b=%", "/a?%zz=1", "/%FF", "/%C3", "/%C0%AF",
            "/%ED%A0%80", "/a?b=%80", "/%+2", "/% 2",
        ])
    func refuses(target: String) {
        #expect(isRefused(400) { _ = try RequestTarget(target) })
    }

    @Test("a number is within its bounds, or absent, or refused")
    func number() throws {
        let target = try RequestTarget("/?low=1&high=9&below=0&above=10&text=x&blank=&point=1.0")
        #expect(try target.number("low", in: 1...9) == 1)
        #expect(try target.number("high", in: 1...9) == 9)
        #expect(try target.number("absent", in: 1...9) == nil)
        for name in ["below", "above", "text", "blank", "point"] {
            #expect(isRefused(400) { _ = try target.number(name, in: 1...9) })
        }
    }

    @Test("a flag is 1, true, 0 or false, or absent, or refused")
    func flag() throws {
        let target = try RequestTarget("/?a=1&b=true&c=0&d=false&e=yes&f=&g=TRUE")
        for (name, value) in [("a", true), ("b", true), ("c", false), ("d", false)] {
            #expect(try target.flag(name) == value)
        }
        #expect(try target.flag("absent") == nil)
        for name in ["e", "f", "g"] { #expect(isRefused(400) { _ = try target.flag(name) }) }
    }

    @Test("a run's name has 1 to 256 bytes without control characters")
    func run() throws {
        let longest = String(repeating: "ü", count: 128)
        for name in ["a", "a/b", " ", longest, "unassigned", "…"] {
            #expect(try RequestTarget.run(name).name == name)
        }
        for name in ["", longest + "x", "a\u{0}", "a\nb", "\u{7F}", "\u{85}"] {
            #expect(isRefused(400) { _ = try RequestTarget.run(name) })
        }
    }
}
