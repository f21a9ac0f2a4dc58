import NIOCore
import StreamServer
import Testing

@Suite("Engine.IO packets")
struct EngineIOPacketTests {
    static let open =
        #"0{"sid":"x","upgrades":[],"pingTimeout":20000,"pingInterval":25000,"maxPayload":1000000}"#

    @Test("every frame of the transport table is recognised")
    func table() throws {
        let handshake = EngineIOHandshake(
            pingInterval: .milliseconds(25000), pingTimeout: .milliseconds(20000))
        #expect(try packet(Self.open) == .open(handshake))
        #expect(handshake.silenceMax == .seconds(45))
        #expect(try packet("1") == .close)
        #expect(try packet("2") == .ping([]))
        #expect(try packet("2probe") == .ping(Array("probe".utf8)[...]))
        #expect(try packet("3") == .pong)
        #expect(try packet(#"42["event",{}]"#) == .message(Array(#"2["event",{}]"#.utf8)[...]))
        #expect(try packet("5") == .upgrade)
        #expect(try packet("6") == .noop)
    }

    @Test(
        "an open packet without usable times is refused",
        arguments: [
            "0", "0{", "0[]", "0{}", #"0{"pingInterval":25000}"#,
            #"0{"pingInterval":0,"pingTimeout":20000}"#,
            #"0{"pingInterval":1e300,"pingTimeout":20000}"#,
            #"0{"pingInterval":25000,"pingTimeout":-1}"#,
            #"0{"pingInterval":"25000","pingTimeout":20000}"#,
        ])
    func badOpen(frame: String) {
        #expect(throws: FrameFault.handshake) { try packet(frame) }
    }

    @Test("frames of no known type are refused")
    func unknown() {
        #expect(throws: FrameFault.empty) { try packet("") }
        #expect(throws: FrameFault.engineType(UInt8(ascii: "7"))) { try packet("7") }
        #expect(throws: FrameFault.engineType(UInt8(ascii: "b"))) { try packet("bAAEC") }
        #expect(throws: FrameFault.pingTooLong) {
            try packet("2" + String(repeating: "x", count: EngineIOPacket.pingBytesMax + 1))
        }
    }

    private func packet(_ frame: String) throws -> EngineIOPacket {
        try EngineIOPacket(parsing: Array(frame.utf8))
    }
}
