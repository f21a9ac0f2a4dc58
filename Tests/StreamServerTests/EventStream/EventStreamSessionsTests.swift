import Journal
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import StreamServer

@Suite("All sessions of the Event Stream")
struct EventStreamSessionsTests {
    private func session(_ id: String) -> PollingSession {
        PollingSession(
            EventStreamSession(
                id: id, memberID: "M", rights: .known(.everything), at: .uptimeNanoseconds(0)),
            owner: nil)
    }

    @Test("there are only so many at once, and room again when one leaves")
    func countMax() throws {
        let sessions = EventStreamSessions(eventLoop: EmbeddedEventLoop()) {
            .uptimeNanoseconds(0)
        }
        for _ in 0..<EventStreamSessions.countMax { try sessions.enter() }
        #expect(isRefused(503) { try sessions.enter() })
        sessions.leave()
        try sessions.enter()
        #expect(isRefused(503) { try sessions.enter() })
    }

    @Test("a session is found by its id until it is over, and gives its place back once")
    func removes() throws {
        let sessions = EventStreamSessions(eventLoop: EmbeddedEventLoop()) {
            .uptimeNanoseconds(0)
        }
        try sessions.enter()
        let session = session("a")
        sessions.add(session)
        #expect(sessions.polling("a") === session)
        #expect(sessions.polling("b") == nil)
        session.end("over")
        #expect(sessions.polling("a") == nil)
        sessions.remove(session)
        sessions.remove(session)
        #expect(sessions.count == 0)
        #expect(sessions.pollingCount == 0)
    }

    @Test("a client that does not poll is forgotten after 45 s, and one that came later is not")
    func sweeps() async throws {
        let eventLoop = NIOAsyncTestingEventLoop()
        let sessions = EventStreamSessions(eventLoop: eventLoop) { eventLoop.now }
        try sessions.enter()
        sessions.add(session("a"))
        await eventLoop.advanceTime(by: .seconds(44))
        #expect(sessions.polling("a") != nil)
        try sessions.enter()
        let late = PollingSession(
            EventStreamSession(
                id: "b", memberID: "M", rights: .known(.everything),
                at: .uptimeNanoseconds(44_000_000_000)), owner: nil)
        sessions.add(late)
        await eventLoop.advanceTime(by: .seconds(3))
        #expect(sessions.polling("a") == nil)
        #expect(sessions.polling("b") === late)
        #expect(sessions.count == 1)
        await eventLoop.advanceTime(by: .seconds(60))
        #expect(sessions.count == 0)
        await eventLoop.shutdownGracefully()
    }
}
