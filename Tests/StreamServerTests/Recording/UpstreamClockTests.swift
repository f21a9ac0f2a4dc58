import Journal
import Testing

@testable import StreamServer

@Suite("Upstream clock")
struct UpstreamClockTests {
    private func at(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: seconds * 1_000_000)
    }

    @Test("what is read late was said earlier, whatever the service's time zone")
    func late() {
        var clock = UpstreamClock()
        #expect(clock.time(of: at(100), at: at(7200)) == at(7200))
        clock.note(at(100), arrivedAt: at(7300))
        clock.note(at(110), arrivedAt: at(7312))
        #expect(clock.time(of: at(110), at: at(7312)) == at(7310))
        clock.note(at(120), arrivedAt: at(7319))
        #expect(clock.time(of: at(130), at: at(7340)) == at(7329))
    }

    @Test("without a stamp, or with one from the future, it is now")
    func unknown() {
        var clock = UpstreamClock()
        clock.note(at(100), arrivedAt: at(200))
        clock.note(nil, arrivedAt: at(1))
        #expect(clock.time(of: nil, at: at(300)) == at(300))
        #expect(clock.time(of: at(900), at: at(300)) == at(300))
        #expect(clock.time(of: Timestamp(microseconds: .max), at: at(300)) == at(300))
    }
}
