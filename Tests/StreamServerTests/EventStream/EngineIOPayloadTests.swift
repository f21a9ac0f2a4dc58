import Testing

@testable import StreamServer

@Suite("Engine.IO payloads")
struct EngineIOPayloadTests {
    @Test("packets are separated by U+001E, and binary ones are left out")
    func packets() throws {
        #expect(text(EngineIOPayload.encode([[0x32], [0x36, 0x36]])) == "2\u{1E}66")
        let body = Array("40\u{1E}bAAEC\u{1E}3\u{1E}".utf8)
        #expect(try EngineIOPayload.decode(body).map { text($0) } == ["40", "3", ""])
        #expect(try EngineIOPayload.decode([]) == [[]])
    }

    @Test("sixteen packets are taken, and not one more")
    func bounds() throws {
        let most = EventStreamSession.payloadPacketsMax
        let full = Array(repeating: "3", count: most).joined(separator: "\u{1E}")
        #expect(try EngineIOPayload.decode(Array(full.utf8)).count == most)
        #expect(throws: EngineIORefusal.self) {
            try EngineIOPayload.decode(Array((full + "\u{1E}3").utf8))
        }
        #expect(throws: EngineIORefusal.self) {
            try EngineIOPayload.decode(Array(repeating: 0x1E, count: 1_000_000))
        }
    }
}
