import NIOCore
import Testing

@testable import StreamServer

@Suite("A WebSocket that takes a session over")
struct UpgradeProbeTests {
    private func probe(_ packets: String...) throws -> [UpgradeProbe.Action] {
        var probe = UpgradeProbe(at: .uptimeNanoseconds(0))
        return try packets.map { try probe.receive(Array($0.utf8)) }
    }

    @Test("says 2probe, and 5 after the answer; a noop says nothing")
    func upgrades() throws {
        #expect(try probe("2probe", "5") == [.answer, .takeOver])
        #expect(try probe("6", "2probe", "6", "5") == [.ignore, .answer, .ignore, .takeOver])
    }

    @Test(
        "that says anything else is refused",
        arguments: [
            ["5"], ["2"], ["2prob"], ["40"], ["3probe"], ["1"], ["2probe", "2probe"],
            ["2probe", "40"], ["2probe", "2"],
        ])
    func refuses(packets: [String]) throws {
        var probe = UpgradeProbe(at: .uptimeNanoseconds(0))
        for packet in packets.dropLast() { _ = try probe.receive(Array(packet.utf8)) }
        let last = try #require(packets.last)
        #expect(throws: FrameFault.probe) { try probe.receive(Array(last.utf8)) }
    }

    @Test("has ten seconds")
    func deadline() {
        #expect(
            UpgradeProbe(at: .uptimeNanoseconds(5)).deadline == .uptimeNanoseconds(10_000_000_005))
    }
}
