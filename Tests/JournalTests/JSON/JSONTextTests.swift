import Foundation
import Journal
import Testing

@Suite("JSON: strings")
struct JSONTextTests {
    private func content(_ json: String) throws -> String {
        let bytes = Array("{\"content\":\(json)}".utf8)
        let text = try #require(try JSONScanner.data(in: bytes).fields.content)
        #expect(text.isEscaped == json.contains("\\"))
        return text.string(in: bytes)
    }

    @Test(
        "escapes are what they stand for",
        arguments: [
            ("\"\"", ""), ("\"plain é 😀\"", "plain é 😀"),
            ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"),
            ("\"\\u00e9\\u00E9\"", "éé"),
            ("\"\\u0000x\"", "\u{0}x"), ("\"\\ud83d\\ude00\"", "😀"),
            ("\"\\udbff\\udfff\"", "\u{10FFFF}"),
            ("\"a\\\\u0041\"", "a\\u0041"), ("\"\\uFEFF\"", "\u{FEFF}"),
            ("\"e\\u0301\"", "e\u{301}"),
        ])
    func escapes(json: String, text: String) throws {
        #expect(Array(try content(json).unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test(
        "a surrogate without its partner becomes U+FFFD",
        arguments: [
            ("\"\\ud83d\"", "\u{FFFD}"), ("\"\\ude00\"", "\u{FFFD}"), ("\"\\ud83dx\"", "\u{FFFD}x"),
            ("\"\\ud83d\\n\"", "\u{FFFD}\n"), ("\"\\ud83d\\u0041\"", "\u{FFFD}A"),
            ("\"\\ud83d\\ud83d\\ude00\"", "\u{FFFD}😀"), ("\"\\ude00\\ud83d\"", "\u{FFFD}\u{FFFD}"),
            ("\"\\ud83dude00\"", "\u{FFFD}ude00"), ("\"\\ud83d\\\\ude00\"", "\u{FFFD}\\ude00"),
        ])
    func loneSurrogates(json: String, text: String) throws {
        #expect(try content(json) == text)
    }

    @Test("random strings are read as by Foundation", arguments: 0..<300 as Range<UInt64>)
    func agreement(seed: UInt64) throws {
        var documents = JSONDocuments(seed: seed)
        let text = documents.plainText() + documents.plainText()
        let json = documents.encoded(text)
        let decoded = try JSONSerialization.jsonObject(
            with: Data(json.utf8), options: .fragmentsAllowed)
        #expect(Array(try content(json).utf8) == Array(text.utf8))
        #expect(Array(try #require(decoded as? String).utf8) == Array(text.utf8))
    }

    @Test(
        "a written string is read as it was, by us and by Foundation",
        arguments: 0..<300 as Range<UInt64>)
    func writing(seed: UInt64) throws {
        var documents = JSONDocuments(seed: seed)
        let text = documents.plainText() + documents.plainText()
        var bytes = Array("before".utf8)
        JSONWriter.append(text, to: &bytes)
        #expect(bytes.starts(with: Array("before\"".utf8)))
        let json = String(decoding: bytes.dropFirst(6), as: UTF8.self)
        #expect(Array(try content(json).utf8) == Array(text.utf8))
        let decoded = try JSONSerialization.jsonObject(
            with: Data(json.utf8), options: .fragmentsAllowed)
        #expect(Array(try #require(decoded as? String).utf8) == Array(text.utf8))
    }

    @Test("only what must be escaped is written as an escape")
    func minimalEscapes() {
        var bytes: [UInt8] = []
        JSONWriter.append("/é😀\u{7F}\u{2028}", to: &bytes)
        #expect(bytes == Array("\"/é😀\u{7F}\u{2028}\"".utf8))
        bytes = []
        JSONWriter.append("\"\\\u{0}\u{8}\t\n\u{B}\u{C}\r\u{1F}", to: &bytes)
        #expect(bytes == Array("\"\\\"\\\\\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\"".utf8))
    }

    @Test(
        "a text asked of bytes that it does not come from does not trap",
        arguments: 0..<50 as Range<UInt64>)
    func foreignBytes(seed: UInt64) {
        var documents = JSONDocuments(seed: seed)
        let bytes = documents.mutated(Array("\\ud83d\\ude00\\u00\\".utf8))
        for lower in -2..<bytes.count + 2 {
            for count in [0, 1, 3, 7, 20] {
                let text = JSONText(range: lower..<lower + count, isEscaped: count != 3)
                #expect(text.string(in: bytes).unicodeScalars.count <= count)
            }
        }
    }
}
