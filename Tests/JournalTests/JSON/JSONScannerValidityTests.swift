import Journal
import Testing

@Suite("JSON: what is valid")
struct JSONScannerValidityTests {
    @Test(
        "a valid value is accepted",
        arguments: [
            "null", "true", "false", "0", "-0", "7", "-1", "10", "123456789012345678901234567890",
            "0.5", "-0.0", "1e5", "1E5", "1e+5", "1e-5", "0e1", "0E+00", "1.25e-07", "1e999",
            "\"\"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\uABCD\\uabcd\"",
            "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\u{7F}\"", "\"\u{80}\u{7FF}\"",
            "\"\u{800}\u{D7FF}\u{E000}\u{FFFF}\"", "\"\u{10000}\u{10FFFF}\"", "\"\u{FEFF}\"",
            "\"\u{2028}\u{2029}\"", "[]", "[ ]", "[1]", "[1,2]", "[ 1 , 2 ]", "[[],[[]],{}]",
            "{}", "{ }", "{\"\":0}", "{\"a\":1,\"a\":2}", "{ \"a\" : [ { \"b\" : null } ] }",
            "[\"a\",\"b\"]", "\t\n\r null\t\n\r ", "\"0123456\"", "\"01234567\"", "\"012345678\"",
        ])
    func accepts(value: String) throws {
        try check(Array(value.utf8))
    }

    @Test(
        "an invalid value is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "NaN", "nan", "Infinity", "-Infinity", "undefined",
            "'a'",
            "-", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1e1.5", "0x10",
            "1_000", "1 2", "--1", "1a", "\u{0661}", "\"", "\"a", "\"\\\"", "\"\\", "\"\\a\"",
            "\"\\'\"", "\"\\U0041\"", "\"\\u\"", "\"\\u123\"", "\"\\u12G4\"", "\"\\u+123\"",
            "\"\\x41\"", "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"", "\"0123456\u{1F}\"",
            "\"a\"\"b\"",
            "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]", "[\"a\":1]",
            "{", "}", "{]", "[}", "[{]}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
            "{\"a\":1,}",
            "{,\"a\":1}", "{a:1}", "{1:1}", "{'a':1}", "{\"a\" 1}", "{\"a\",1}", "{\"a\":}",
            "{\"a\"}",
            "{\"a\":1 \"b\":2}", "{\"a\"::1}", "{null:1}", "{\"a\":1}}", "[1]]", "{}{}",
            "null null",
            "/**/1", "1//", "[1]#", "\u{FEFF}1", "\u{A0}1", "\u{0B}1", "\u{0C}1", "1\u{0}",
            "\\u0031",
        ])
    func refuses(value: String) {
        #expect(throws: JSONError.self) { try check(Array(value.utf8)) }
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xBF], [0xFF], [0xFE], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41],
            [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x41],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xC3, 0xA9, 0x80],
        ] as [[UInt8]])
    func refusesInvalidUTF8(content: [UInt8]) throws {
        for before in ["", "0123456", "01234567"] {
            let text = Array("{\"k\":\"\(before)".utf8) + content + Array(" and more\"}".utf8)
            let error = try #require(throws: JSONError.self) { try JSONScanner.data(in: text) }
            #expect(error.problem == .invalidUTF8)
            let key = [0x7B, 0x22] + content + Array("\":0}".utf8)
            #expect(throws: JSONError.self) { try JSONScanner.data(in: key) }
        }
    }

    @Test("what stands around an object is whitespace or refused")
    func surroundings() throws {
        _ = try JSONScanner.data(in: Array(" \t\r\n{} \t\r\n".utf8))
        for text in ["{} x", "{},", "{}\0", "\u{FEFF}{}", "\0{}", "{}\u{FEFF}"] {
            #expect(throws: JSONError.self) { try JSONScanner.data(in: Array(text.utf8)) }
        }
    }

    @Test("an error says what is wrong and where")
    func errors() {
        let cases: [([UInt8], JSONError.Problem, Int)] = [
            (Array("{\"a\":1".utf8), .unexpectedEnd, 6),
            (Array("{\"a\":1,}".utf8), .unexpectedByte, 7),
            (Array("{\"a\":\"\\x\"}".utf8), .invalidEscape, 6),
            (Array("{\"a\":\"x\ny\"}".utf8), .controlCharacterInString, 7),
            (Array("{\"a\":\"xy".utf8) + [0xFF, 0x22, 0x7D], .invalidUTF8, 8),
            (Array("{} {}".utf8), .trailingBytes, 3),
            (Array(" [1]".utf8), .notAnObject, 1),
            ([], .unexpectedEnd, 0),
        ]
        for (text, problem, position) in cases {
            let error = #expect(throws: JSONError.self) { try JSONScanner.data(in: text) }
            #expect(error == JSONError(position: position, problem: problem))
        }
        #expect(throws: JSONError(position: 0, problem: .notAnArray)) {
            try JSONScanner.elements(in: Array("{}".utf8))
        }
        #expect(
            JSONError(position: 17, problem: .invalidUTF8).description == "invalid UTF-8 at byte 17"
        )
    }

    @Test("every prefix of a document is refused", arguments: 0..<40 as Range<UInt64>)
    func prefixes(seed: UInt64) throws {
        var documents = JSONDocuments(seed: seed)
        let data = documents.object(depthMax: 2)
        let text = Array("{\"event\":\"e\",\"data\":\(data),\"more\":[-1.5e+3,true]}".utf8)
        _ = try JSONScanner.envelope(in: text)
        let accepted = (0..<text.count).filter { count in
            let prefix = Array(text[..<count])
            return (try? JSONScanner.envelope(in: prefix)) != nil
                || (try? JSONScanner.data(in: prefix)) != nil
                || (try? JSONScanner.envelope(in: text, range: 0..<count)) != nil
                || (try? JSONScanner.elements(in: [UInt8(ascii: "[")] + prefix)) != nil
        }
        #expect(accepted == [])
    }

    @Test("a range beyond the bytes is cut to them")
    func ranges() throws {
        let text = Array("{}{\"id\":\"a\"}[]".utf8)
        let envelope = try JSONScanner.envelope(in: text, range: 2..<12)
        #expect(envelope.id?.string(in: text) == "a")
        #expect(try JSONScanner.elements(in: text, range: 12..<1000) == [])
        for range in [-5 ..< -1, 14..<14, 500..<600, Int.min..<0, Int.max..<Int.max] {
            #expect(throws: JSONError.self) { try JSONScanner.envelope(in: text, range: range) }
            #expect(throws: JSONError.self) { try JSONScanner.elements(in: text, range: range) }
        }
    }

    /// Throws unless `value` is valid wherever a value can stand.
    private func check(_ value: [UInt8]) throws {
        for key in ["k", "data", "run_id", "metadata"] {
            let object = Array("{\"\(key)\":".utf8) + value + Array("}".utf8)
            _ = try JSONScanner.data(in: object)
            _ = try JSONScanner.envelope(in: object)
        }
        _ = try JSONScanner.elements(in: Array("[".utf8) + value + Array("]".utf8))
    }
}
