import Foundation
import Testing

@testable import StreamServer

@Suite("JSON5 syntax")
struct JSON5SyntaxTests {
    private static let text = #"""
        // A comment.
        {
          a: "text \" // with 'quotes' \\",
          'b': [1, -2.5e3, .5, +1, 0x1F, true, false, null, Infinity,],
          "c": { d: 'it''s' },  /* over
          two lines */ e: [],
          $_f: {},
        }

        """#.replacing("'it''s'", with: #"'it\'s'"#)

    private func decodes(_ text: String) -> Bool {
        struct Anything: Decodable {
            init(from decoder: any Decoder) throws {}
        }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        return (try? decoder.decode(Anything.self, from: Data(text.utf8))) != nil
    }

    @Test("there is no fault in what the decoder takes")
    func fine() {
        #expect(decodes(JSON5SyntaxTests.text))
        for text in [JSON5SyntaxTests.text, "5", "'a'", "[]", "{}", "{a:1,}", "/**/{}// end"] {
            #expect(JSON5Syntax.faultLine(in: Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test(
        "the line at which it stops is found",
        arguments: [
            ("", 1), ("\n\n", 3), ("{", 1), ("{\na: 1\nb: 2}", 3), ("{a: 1,\n b 2}", 2),
            ("{a: 'x\n}", 1), ("{\na: [1,\n2\n}", 4), ("/* no end\n{}", 1), ("{a: nope}", 1),
            ("{}\n{}", 2), ("{,}", 1), ("[1,,2]", 1), ("{a: }", 1), ("\"a", 1), ("'a\\", 1),
        ])
    func faults(text: String, line: Int) {
        #expect(!decodes(text), "\(text)")
        #expect(JSON5Syntax.faultLine(in: Array(text.utf8)) == line, "\(text)")
    }

    @Test("nesting has an end")
    func depth() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(JSON5Syntax.faultLine(in: deep) == 1)
    }

    @Test("where one byte is missing or another, it finds most of what the decoder refuses")
    func mutations() {
        let bytes = Array(JSON5SyntaxTests.text.utf8)
        var refused = 0
        var found = 0
        for place in bytes.indices {
            for replacement in [nil, UInt8(ascii: "\""), UInt8(ascii: "}"), UInt8(ascii: " ")] {
                var changed = bytes
                changed.replaceSubrange(place...place, with: replacement.map { [$0] } ?? [])
                guard !decodes(String(decoding: changed, as: UTF8.self)) else { continue }
                refused += 1
                found += JSON5Syntax.faultLine(in: changed) == nil ? 0 : 1
            }
        }
        #expect(refused > 100)
        #expect(found * 10 >= refused * 9, "\(found) of \(refused)")
    }
}
