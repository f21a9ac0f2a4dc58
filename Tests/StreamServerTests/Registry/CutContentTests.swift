import Journal
import Testing

@testable import StreamServer

@Suite("A content that may be cut")
struct CutContentTests {
    private func content(_ text: String, isEscaped: Bool = false) throws -> CutContent? {
        var object = JSONObject()
        object.add("content", text)
        var data = object.json
        if isEscaped {
            let units = text.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            }
            data = Array(#"{"content":"\#(units.joined())"}"#.utf8)
        }
        return CutContent(try JSONScanner.data(in: data).fields, in: data)
    }

    @Test(
        "has exactly 100 characters as Python counts them, however they are written",
        arguments: ["x", "ü", "漢", "🎞", "\"", "\n"], [false, true])
    func length(character: String, isEscaped: Bool) throws {
        for count in [0, 1, 99, 101, 1200] {
            let text = String(repeating: character, count: count)
            #expect(try content(text, isEscaped: isEscaped) == nil)
        }
        let text = String(repeating: character, count: 100)
        #expect(try content(text, isEscaped: isEscaped)?.text == text)
    }

    @Test("counts scalars, not what a reader takes for one character")
    func scalars() throws {
        let text = String(repeating: "e\u{301}", count: 50)
        #expect(text.count == 50)
        let cut = try #require(try content(text))
        #expect(cut.isCut(from: text + "more") && !cut.isCut(from: text))
        #expect(cut.hash == CutContent.hash(ofCut: text + "more"))
        // The next scalar belongs to the last character.
        #expect(cut.isCut(from: text + "\u{302}"))
    }

    @Test("is cut from what is longer and begins with it")
    func isCut() throws {
        let cut = try #require(try content(long("a", 100)))
        #expect(cut.isCut(from: long("a", 101)) && cut.isCut(from: long("a", 100) + "ü"))
        #expect(!cut.isCut(from: long("b", 101)) && !cut.isCut(from: long("a", 99)))
        #expect(cut.hash != CutContent.hash(ofCut: long("b", 101)))
    }

    @Test("is none where there is no content, or it is no text")
    func none() throws {
        for json in ["{}", #"{"content":7}"#, #"{"content":null}"#] {
            let data = Array(json.utf8)
            #expect(CutContent(try JSONScanner.data(in: data).fields, in: data) == nil)
        }
    }
}
