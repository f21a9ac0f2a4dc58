import Foundation
import Journal
import Testing

@Suite("JSON: line breaks")
struct JSONLineBreakTests {
    @Test(
        "line breaks outside strings become one space each",
        arguments: [
            ("{}", "{}"), ("{\n}", "{ }"), ("{\r\n}", "{ }"), ("{\r}", "{ }"), ("{\n\n}", "{  }"),
            ("{\r\r\n\n}", "{   }"), ("{\n\r}", "{  }"), ("\n{}\r\n", " {} "), ("", ""),
            ("\r", " "),
            ("{\"a\\n\\r\":\n1}", "{\"a\\n\\r\": 1}"), ("{\"\\\"\":\n1}", "{\"\\\"\": 1}"),
            ("{\"\\\\\":\n1}", "{\"\\\\\": 1}"), ("{\"\\\\\\\"\":\r1}", "{\"\\\\\\\"\": 1}"),
            ("[\"\\\\\",\n\"\"]", "[\"\\\\\", \"\"]"), ("[\"é\",\r\n\"😀\"]", "[\"é\", \"😀\"]"),
        ])
    func table(text: String, replaced: String) {
        #expect(JSONScanner.replacingLineBreaks(in: Array(text.utf8)) == Array(replaced.utf8))
        let slice = Array("\r\"\(text)\"\n".utf8).dropFirst(2).dropLast(2)
        #expect(JSONScanner.replacingLineBreaks(in: slice) == Array(replaced.utf8))
    }

    @Test("line breaks are reported, in strings not, and only those within the data")
    func reports() throws {
        for (data, isBroken) in [
            ("{}", false), ("{ \t}", false), ("{\n}", true), ("{\"a\":\r1}", true),
            ("{\"\\n\":1}", false),
            ("{\"metadata\":{\n}}", true), ("{\"a\":[1,\n2]}", true), ("{\"a\":1\r\n}", true),
        ] {
            #expect(try JSONScanner.data(in: Array(data.utf8)).hasLineBreaks == isBroken)
            let envelope = Array("\n{\r\n\"data\":\n\(data)\n,\n\"x\":\n1\n}\n".utf8)
            #expect(try JSONScanner.envelope(in: envelope).dataHasLineBreaks == isBroken)
        }
        #expect(try JSONScanner.data(in: Array("\n{}".utf8)).hasLineBreaks)
        #expect(try JSONScanner.data(in: Array("{}\r".utf8)).hasLineBreaks)
        let array = Array("{\"data\":[\n]}".utf8)
        #expect(try JSONScanner.envelope(in: array).dataHasLineBreaks)
    }

    @Test(
        "what is replaced has no line break and is otherwise the same",
        arguments: 0..<200 as Range<UInt64>)
    func identity(seed: UInt64) throws {
        var documents = JSONDocuments(seed: seed)
        let text = Array(documents.object().utf8)
        let copy = JSONScanner.replacingLineBreaks(in: text)
        let before = try JSONScanner.data(in: text)
        let after = try JSONScanner.data(in: copy)
        #expect(!after.hasLineBreaks)
        #expect(!copy.contains(0x0A) && !copy.contains(0x0D))
        #expect(before.hasLineBreaks == (copy != text))
        // A valid text's strings hold no line breaks, so the whitespace is all that may differ.
        let visible = { (bytes: [UInt8]) in bytes.filter { ![0x20, 0x0A, 0x0D].contains($0) } }
        #expect(visible(copy) == visible(text))
        let pairs = zip(text, text.dropFirst()).count { $0 == 0x0D && $1 == 0x0A }
        #expect(copy.count == text.count - pairs)
        let values = try [text, copy].map {
            try #require(JSONSerialization.jsonObject(with: Data($0)) as? NSDictionary)
        }
        #expect(values[0] == values[1])
    }

    @Test("no bytes trap", arguments: 0..<50 as Range<UInt64>)
    func anything(seed: UInt64) {
        var documents = JSONDocuments(seed: seed)
        for _ in 0..<100 {
            let text = documents.mutated(Array(documents.object(depthMax: 1).utf8))
            #expect(JSONScanner.replacingLineBreaks(in: text).count <= text.count)
        }
    }
}
