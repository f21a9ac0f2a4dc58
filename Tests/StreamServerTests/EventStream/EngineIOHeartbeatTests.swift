import NIOCore
import Testing

@testable import StreamServer

@Suite("Engine.IO heartbeat")
struct EngineIOHeartbeatTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private static let fresh = EngineIOHeartbeat(EventStreamSession.times, at: start)

    private func at(_ seconds: Int64) -> NIODeadline { Self.start + .seconds(seconds) }

    @Test("a ping is due 25 s after the client was heard, and again 25 s after its pong")
    func pings() {
        var heartbeat = Self.fresh
        #expect(heartbeat.wakeAt == at(25))
        #expect(heartbeat.advance(to: at(24)) == true)
        #expect(!heartbeat.isDue)
        #expect(heartbeat.advance(to: at(25)) == true)
        #expect(heartbeat.isDue)
        heartbeat.sent(at: at(25))
        #expect(!heartbeat.isDue)
        heartbeat.pong(at: at(30))
        #expect(heartbeat.wakeAt == at(55))
        #expect(heartbeat.advance(to: at(55)) == true)
        #expect(heartbeat.isDue)
    }

    @Test("a client that does not answer a ping for 20 s is dead")
    func dies() {
        var heartbeat = Self.fresh
        #expect(heartbeat.advance(to: at(25)) == true)
        heartbeat.sent(at: at(26))
        #expect(heartbeat.wakeAt == at(46))
        #expect(heartbeat.advance(to: at(45)) == true)
        #expect(heartbeat.advance(to: at(46)) == false)
    }

    @Test("a client that does not take a ping is dead as soon, whatever it says unasked")
    func takesNoPing() {
        var heartbeat = Self.fresh
        #expect(heartbeat.advance(to: at(25)) == true)
        heartbeat.pong(at: at(30))
        #expect(heartbeat.isDue)
        #expect(heartbeat.advance(to: at(44)) == true)
        #expect(heartbeat.advance(to: at(45)) == false)
    }

    @Test("a socket that takes something is slow, not dead")
    func progresses() {
        var heartbeat = Self.fresh
        #expect(heartbeat.advance(to: at(25)) == true)
        heartbeat.progressed(at: at(40))
        #expect(heartbeat.advance(to: at(59)) == true)
        heartbeat.sent(at: at(59))
        heartbeat.progressed(at: at(70))
        #expect(heartbeat.advance(to: at(89)) == true)
        #expect(heartbeat.advance(to: at(90)) == false)
    }

    @Test("after a long sleep of the machine the client has its time to answer")
    func sleeps() {
        var heartbeat = Self.fresh
        #expect(heartbeat.advance(to: at(100_000)) == true)
        #expect(heartbeat.isDue)
        #expect(heartbeat.advance(to: at(100_019)) == true)
    }
}
