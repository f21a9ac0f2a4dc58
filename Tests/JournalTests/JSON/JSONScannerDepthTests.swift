import Journal
import Testing

@Suite("JSON: depth")
struct JSONScannerDepthTests {
    /// Arrays, objects or both, nested `depth` deep.
    private func nested(_ depth: Int, kind: Int) -> String {
        var opening = ""
        var closing = ""
        for level in 0..<depth {
            let isArray = kind == 0 || kind == 2 && level % 3 == 0
            opening += isArray ? "[0," : "{\"a\":0,\"b\":"
            closing = (isArray ? ",1]" : ",\"c\":1}") + closing
        }
        return opening + "null" + closing
    }

    @Test(
        "data may be nested as deeply as the limit, wherever it stands, and no deeper",
        arguments: [0, 1, 2], ["other", "run_id", "metadata"])
    func limit(kind: Int, key: String) throws {
        for (depth, isValid) in [(1, true), (64, true), (128, true), (129, false), (130, false)] {
            // The data's object is the first level.
            let data = "{\"\(key)\":\(nested(depth - 1, kind: kind))}"
            let envelope = "{\"event\":\"e\",\"data\":\(data)}"
            let texts = (Array(data.utf8), Array(envelope.utf8), Array("[1,\(envelope)]".utf8))
            if isValid {
                _ = try JSONScanner.data(in: texts.0)
                #expect(try JSONScanner.envelope(in: texts.1).dataIsObject)
                #expect(try JSONScanner.elements(in: texts.2).count == 2)
            } else {
                for scan in [
                    { _ = try JSONScanner.data(in: texts.0) },
                    { _ = try JSONScanner.envelope(in: texts.1) },
                    { _ = try JSONScanner.elements(in: texts.2) },
                ] as [() throws -> Void] {
                    let error = #expect(throws: JSONError.self) { try scan() }
                    #expect(error?.problem == .tooDeep)
                }
            }
        }
    }

    @Test("metadata counts as a level of its own", arguments: [(126, true), (127, false)])
    func metadata(depth: Int, isValid: Bool) {
        let text = Array("{\"metadata\":{\"title\":\(nested(depth, kind: 2))}}".utf8)
        #expect((try? JSONScanner.data(in: text)) != nil ? isValid : !isValid)
    }

    @Test(
        "a million opening brackets are refused and no more",
        arguments: ["[", "{\"a\":", "[{\"a\":"])
    func bombs(piece: String) {
        let bomb = String(repeating: piece, count: 1_000_000)
        for text in ["{\"data\":\(bomb)", "[\(bomb)", "{\"metadata\":\(bomb)"] {
            let bytes = Array(text.utf8)
            #expect(throws: JSONError.self) { try JSONScanner.envelope(in: bytes) }
            #expect(throws: JSONError.self) { try JSONScanner.data(in: bytes) }
            #expect(throws: JSONError.self) { try JSONScanner.elements(in: bytes) }
        }
    }

    @Test("kinds of brackets must match at every depth", arguments: 1..<128)
    func mismatch(level: Int) {
        var text = Array("{\"a\":\(nested(127, kind: 2))}".utf8)
        var depth = 0
        for (index, byte) in text.enumerated().reversed() {
            guard byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") else { continue }
            depth += 1
            guard depth == level else { continue }
            text[index] = byte == UInt8(ascii: "]") ? UInt8(ascii: "}") : UInt8(ascii: "]")
            break
        }
        #expect(throws: JSONError.self) { try JSONScanner.data(in: text) }
    }
}
