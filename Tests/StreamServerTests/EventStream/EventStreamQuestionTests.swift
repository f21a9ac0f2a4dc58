import Testing

@testable import StreamServer

@Suite("Questions of clients")
struct EventStreamQuestionTests {
    @Test(
        "a history may be limited to 1 to 100 events; what is no such limit is none",
        arguments: [
            ("", 100), (",{}", 100), (#",{"limit":1}"#, 1), (#",{"limit":100}"#, 100),
            (#", { "x":[], "limit" : 17 } "#, 17), (#",{"limit":0}"#, 100),
            (#",{"limit":101}"#, 100), (#",{"limit":-5}"#, 100), (#",{"limit":2.5}"#, 100),
            (#",{"limit":"5"}"#, 100), (#",{"limit":1e400}"#, 100), (",5", 100), (",null", 100),
            (#",[],{"limit":5}"#, 100), (#",{"limit":99999999999999999999}"#, 100),
        ])
    func limits(arguments: String, limit: Int) throws {
        let payload = Array(#"["request_history"\#(arguments)]"#.utf8)
        #expect(try EventStreamQuestion(payload[...]) == .history(limit: limit))
    }

    @Test("any other event asks nothing", arguments: [#"["x"]"#, #"["request_history "]"#])
    func other(payload: String) throws {
        #expect(try EventStreamQuestion(Array(payload.utf8)[...]) == .other)
    }
}
