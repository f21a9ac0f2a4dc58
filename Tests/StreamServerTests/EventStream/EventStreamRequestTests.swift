import HTTPTypes
import Testing

@testable import StreamServer

@Suite("Requests to the Event Stream")
struct EventStreamRequestTests {
    @Test(
        "what is asked for",
        arguments: [
            ("?EIO=4&transport=polling", EventStreamRequest.open),
            ("?EIO=4&transport=polling&t=abc", .open), ("?transport=polling&sid=x", .poll("x")),
            ("?EIO=4&transport=websocket", .webSocket(nil)),
            ("?EIO=4&transport=websocket&sid=x", .webSocket("x")),
        ])
    func get(query: String, request: EventStreamRequest) throws {
        #expect(try EventStreamRequest(.get, RequestTarget("/socket.io/\(query)")) == request)
    }

    @Test("packets are posted to a session, and pages may ask first")
    func others() throws {
        let known = try RequestTarget("/socket.io/?EIO=4&transport=polling&sid=x")
        #expect(try EventStreamRequest(.post, known) == .post("x"))
        #expect(try EventStreamRequest(.options, try RequestTarget("/socket.io/")) == .preflight)
    }

    @Test(
        "what makes no sense is refused with the code that clients know",
        arguments: [
            ("GET", "", 0), ("GET", "?EIO=4", 0), ("GET", "?EIO=4&transport=carrier-pigeon", 0),
            ("GET", "?EIO=3&transport=polling", 5), ("GET", "?transport=websocket", 5),
            ("GET", "?EIO=44&transport=polling", 5), ("POST", "?EIO=4&transport=polling", 2),
            ("PUT", "?EIO=4&transport=polling", 2), ("HEAD", "?EIO=4&transport=polling", 2),
            ("DELETE", "?EIO=4&transport=polling&sid=x", 2),
            ("POST", "?EIO=4&transport=websocket&sid=x", 2),
        ])
    func refusals(method: String, query: String, code: Int) throws {
        let method = try #require(HTTPRequest.Method(method))
        let target = try RequestTarget("/socket.io/\(query)")
        #expect {
            try EventStreamRequest(method, target)
        } throws: {
            ($0 as? EngineIORefusal)?.code == code
        }
    }

    @Test("the address may end with a slash, and with nothing else")
    func path() {
        #expect(EventStreamRequest.matches(["socket.io"]))
        #expect(EventStreamRequest.matches(["socket.io", ""]))
        #expect(!EventStreamRequest.matches(["socket.io", "x"]))
        #expect(!EventStreamRequest.matches(["socket.io", "", ""]))
        #expect(!EventStreamRequest.matches([]))
    }

    @Test("a refusal is told as clients know it")
    func json() {
        #expect(
            text(EngineIORefusal.sessionUnknown.json)
                == #"{"code":1,"message":"Session ID unknown"}"#)
    }
}
