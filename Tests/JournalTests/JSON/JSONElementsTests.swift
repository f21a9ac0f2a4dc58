import Journal
import Testing

@Suite("JSON: elements")
struct JSONElementsTests {
    private func elements(_ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        return try JSONScanner.elements(in: bytes).map {
            String(decoding: bytes[$0], as: UTF8.self)
        }
    }

    @Test("elements are found without the whitespace around them")
    func table() throws {
        #expect(try elements("[]") == [])
        #expect(try elements(" [ \n ] ") == [])
        #expect(try elements("[1]") == ["1"])
        #expect(
            try elements("[ -1.5e3 ,\r\n\"a,]\\\"\",[1, 2] ,{\"a\": [3]},null,\ttrue ]")
                == ["-1.5e3", "\"a,]\\\"\"", "[1, 2]", "{\"a\": [3]}", "null", "true"])
    }

    @Test(
        "what is not an array is refused",
        arguments: [
            "{}", "null", "1", "\"[]\"", "", "]", "[1,]", "[,1]", "[1 2]", "[1,2", "[1}", "[1],",
            "[NaN]",
        ])
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try elements(text) }
    }

    @Test("random elements are found as they were joined", arguments: 0..<100 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var documents = JSONDocuments(seed: seed)
        let values = (0..<Int.random(in: 1...8, using: &documents)).map { _ in documents.value() }
        let padded = values.map { documents.whitespace() + $0 + documents.whitespace() }
        let text = "[\(padded.joined(separator: ","))]"
        #expect(try elements(text).map { Array($0.utf8) } == values.map { Array($0.utf8) })
        let bytes = Array("xx\(text)yy".utf8)
        let shifted = try JSONScanner.elements(in: bytes, range: 2..<bytes.count - 2)
        #expect(shifted.map { Array(bytes[$0]) } == values.map { Array($0.utf8) })
    }
}
