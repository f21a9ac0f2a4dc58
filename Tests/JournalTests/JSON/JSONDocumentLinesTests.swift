@testable import Journal
import Testing

@Suite("JSON: lines")
struct JSONDocumentLinesTests {
    private func documents(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return JSONScanner.documents(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test("each line that is not blank is one, whatever it holds")
    func lines() {
        #expect(documents("") == [])
        #expect(documents("\n \r\n\t\n") == [])
        #expect(documents("{}") == ["{}"])
        #expect(documents("\n{}\n") == ["{}"])
        #expect(documents("{}\n\n{\"a\":1}\r\nx\n") == ["{}", "{\"a\":1}\r", "x"])
    }

    @Test("one object on several lines is one")
    func object() {
        let text = "{\n\"event_type\": \"a\",\n\"data\": {}\n}\n"
        #expect(documents(text) == [text])
        #expect(documents("{\n}\n{}") == ["{", "}", "{}"])
    }

    @Test("a name is met again by its bytes, and only then")
    func names() throws {
        var names = NameCache()
        let bytes = Array(#"{"event_type":"caf\u00e9","run_id":"café","data":{}}"#.utf8)
        let envelope = try JSONScanner.envelope(in: bytes)
        let (type, run) = (try #require(envelope.type), try #require(envelope.runID))
        #expect(names.run(run, in: bytes)?.name == "café")
        #expect(names.run(run, in: bytes)?.name == "café")
        #expect(names.type(type, in: bytes)?.name == "café")
        #expect(!type.isPlainly("café", in: bytes) && run.isPlainly("café", in: bytes))
        #expect(!run.isPlainly("cafe", in: bytes) && !run.isPlainly("cafe\u{301}", in: bytes))
    }
}
