@testable import Journal
import TestSupport
import Testing

@Suite("Copying JSON with changes")
struct JSONRewriterTests {
    /// Notes what it is shown, and changes nothing.
    private struct Watching: JSONRewriting {
        var keys: [String] = []
        var texts: [String] = []

        mutating func value(ofKey key: String) -> String? {
            keys.append(key)
            return nil
        }

        mutating func replacement(for text: String) -> String? {
            texts.append(text)
            return nil
        }
    }

    @Test("what is not changed stays byte for byte, and everything is shown")
    func unchanged() throws {
        let text = #" {"a" : [1, -2.5e+1 ,"x\u00e9\n", {}, [ ] ],"b":{"c":null,"c":true} } "#
        var watching = Watching()
        let bytes = Array(text.utf8)
        #expect(try JSONRewriter.rewrite(bytes, with: &watching) == bytes)
        #expect(watching.keys == ["a", "b", "c", "c"])
        #expect(
            watching.texts
                == ["a", "1", "-2.5e+1", "x\u{E9}\n", "b", "c", "null", "c", "true"])
    }

    @Test("takes exactly what the scanner takes", arguments: 0..<200)
    func agrees(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let alphabet = Array(#"{}[],:"ab\u0e1 .-+n"#.utf8)
        for _ in 0..<100 {
            let inner = (0..<random.below(24)).map { _ in alphabet[random.below(alphabet.count)] }
            let bytes = Array(#"{"k":"#.utf8) + inner + [UInt8(ascii: "}")]
            var watching = Watching()
            let copy = try? JSONRewriter.rewrite(bytes, with: &watching)
            let isValid = (try? JSONScanner.data(in: bytes)) != nil
            #expect((copy == bytes) == isValid, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("nesting is bounded as it is for events")
    func depth() {
        for depth in [100, 126, 127, 128, 129, 200] {
            let brackets = ["[", "]"].map { String(repeating: $0, count: depth) }.joined()
            let text = #"{"a":"# + brackets + "}"
            let bytes = Array(text.utf8)
            var watching = Watching()
            let isValid = (try? JSONScanner.data(in: bytes)) != nil
            let copy = try? JSONRewriter.rewrite(bytes, with: &watching)
            #expect((copy != nil) == isValid, "depth \(depth)")
        }
    }
}
