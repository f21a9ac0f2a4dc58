import Journal
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import StreamServer

@Suite("A request for a WebSocket")
struct WebSocketOpeningTests {
    private static let whole: HTTPHeaders = [
        "Host": "localhost:6101", "Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
    ]

    private func isTaken(
        _ service: StreamService, method: HTTPMethod = .GET, version: HTTPVersion = .http1_1,
        query: String = "EIO=4&transport=websocket", path: String = "/socket.io/",
        _ changes: [String: String?] = [:]
    ) -> Bool {
        var headers = Self.whole
        for (name, value) in changes {
            headers.remove(name: name)
            if let value { headers.add(name: name, value: value) }
        }
        let head = HTTPRequestHead(
            version: version, method: method, uri: "\(path)?\(query)", headers: headers)
        let opening = WebSocketOpening(
            head, Entrance(hosts: HostPolicy()), service: service.eventStream, on: EmbeddedChannel()
        )
        return opening != nil
    }

    @Test("is taken with a Host and an Origin of ours, and enters")
    func taken() async throws {
        try await withService { service, _ in
            #expect(isTaken(service))
            #expect(isTaken(service, path: "/socket.io"))
            #expect(isTaken(service, ["Origin": "http://localhost:3000"]))
            #expect(service.eventStream.sessions.count == 3)
        }
    }

    @Test("is left to HTTP where something is wrong, and takes nobody's place")
    func left() async throws {
        try await withService { service, _ in
            #expect(!isTaken(service, ["Host": "evil.example"]))
            #expect(!isTaken(service, ["Host": nil]))
            #expect(!isTaken(service, ["Origin": "http://evil.example"]))
            #expect(!isTaken(service, ["Origin": "null"]))
            #expect(!isTaken(service, ["Upgrade": nil]))
            #expect(!isTaken(service, ["Connection": "keep-alive"]))
            #expect(!isTaken(service, ["Sec-WebSocket-Key": nil]))
            #expect(!isTaken(service, ["Sec-WebSocket-Version": "8"]))
            #expect(!isTaken(service, method: .POST))
            #expect(!isTaken(service, version: .http1_0))
            #expect(!isTaken(service, query: "EIO=3&transport=websocket"))
            #expect(!isTaken(service, query: "EIO=4&transport=polling"))
            #expect(!isTaken(service, query: "EIO=4&transport=websocket&sid=nobody"))
            #expect(!isTaken(service, path: "/health"))
            #expect(!isTaken(service, path: "/%"))
            #expect(service.eventStream.sessions.count == 0)
        }
    }

    @Test("for a session that is polled takes no further place")
    func polled() async throws {
        try await withService { service, _ in
            let session = PollingSession(
                service.eventStream.makeSession(.known(.everything), at: .uptimeNanoseconds(0)),
                owner: nil)
            try service.eventStream.sessions.enter()
            service.eventStream.sessions.add(session)
            #expect(isTaken(service, query: "EIO=4&transport=websocket&sid=\(session.id)"))
            #expect(service.eventStream.sessions.count == 1)
        }
    }

    @Test("is not taken when there are as many sessions as there may be")
    func full() async throws {
        try await withService { service, _ in
            for _ in 0..<EventStreamSessions.countMax { try service.eventStream.sessions.enter() }
            #expect(!isTaken(service))
            service.eventStream.sessions.leave()
            #expect(isTaken(service))
        }
    }
}
