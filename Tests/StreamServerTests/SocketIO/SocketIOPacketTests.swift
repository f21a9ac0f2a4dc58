import StreamServer
import Testing

@Suite("Socket.IO packets")
struct SocketIOPacketTests {
    @Test("every packet reads back as it was written", arguments: try packets())
    func roundTrip(packet: SocketIOPacket) throws {
        #expect(try SocketIOPacket(parsing: packet.serialized()[...]) == packet)
    }

    @Test("an event's payload is the array, byte for byte")
    func verbatim() throws {
        let payload = #"["event", {"a":"é\u00e9\n","n":1e400} ]"#
        #expect(
            try packet("2" + payload)
                == .event(.root, acknowledging: nil, payload: bytes(payload)))
        #expect(
            try packet("2/chat,17" + payload)
                == .event(
                    try SocketIONamespace("/chat"), acknowledging: 17, payload: bytes(payload)))
    }

    @Test("a namespace ends at its comma or with the packet, and loses its query")
    func namespaces() throws {
        let chat = try SocketIONamespace("chat")
        #expect(try packet("1/chat") == .disconnect(chat))
        #expect(try packet("1/chat,") == .disconnect(chat))
        #expect(try packet("0/chat?x=1,{}") == .connect(chat, payload: bytes("{}")))
        #expect(try packet("0") == .connect(.root, payload: []))
    }

    @Test(
        "what is out of bounds or out of shape names its fault",
        arguments: [
            ("", FrameFault.empty),
            ("9", .socketType(UInt8(ascii: "9"))),
            ("2", .payload),
            ("2[", .payload),
            ("2{}", .payload),
            (#"2"event""#, .payload),
            ("3[]", .acknowledgement),
            ("318446744073709551616[]", .acknowledgement),
            ("299999999999999999999999[]", .acknowledgement),
            ("5[]", .attachments),
            ("51[]", .attachments),
            ("51001-[]", .attachments),
            ("599999999999999999999999-[]", .attachments),
            ("51-", .payload),
            ("61-[]", .acknowledgement),
            ("2/\u{7},[]", .namespace),
            ("2/" + String(repeating: "n", count: 256) + ",[]", .namespace),
        ])
    func faults(text: String, fault: FrameFault) {
        #expect(throws: fault) { try packet(text) }
    }

    @Test("the largest ack id, name and attachment count are taken")
    func bounds() throws {
        #expect(
            try packet("2\(UInt64.max)[]")
                == .event(.root, acknowledging: .max, payload: bytes("[]")))
        let name = "/" + String(repeating: "n", count: SocketIONamespace.bytesMax - 1)
        #expect(try packet("1\(name),") == .disconnect(try SocketIONamespace(name)))
        #expect(
            try packet("51000-[]")
                == .binaryEvent(
                    .root, attachments: 1000, acknowledging: nil, payload: bytes("[]")))
    }

    @Test("random bytes are refused or read back the same, and never trap", arguments: 0..<8)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array(#"0123456789-/,[]{}"? aé"#.utf8) + [0, 0xff]
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...24, using: &generator)
            let frame = (0..<length).compactMap { _ in alphabet.randomElement(using: &generator) }
            _ = try? EngineIOPacket(parsing: frame)
            guard let packet = try? SocketIOPacket(parsing: frame[...]) else { continue }
            #expect((try? SocketIOPacket(parsing: packet.serialized()[...])) == packet)
        }
    }

    private static func packets() throws -> [SocketIOPacket] {
        let array = bytes(#"["event",{"a":1}]"#)
        return try [SocketIONamespace.root, SocketIONamespace("/chat")].flatMap { namespace in
            [
                .connect(namespace, payload: bytes(#"{"sid":"x"}"#)),
                .connect(namespace, payload: []),
                .disconnect(namespace),
                .event(namespace, acknowledging: nil, payload: array),
                .event(namespace, acknowledging: 0, payload: array),
                .acknowledgement(namespace, id: 12, payload: bytes("[]")),
                .connectError(namespace, payload: bytes(#"{"message":"no"}"#)),
                .binaryEvent(namespace, attachments: 2, acknowledging: nil, payload: array),
                .binaryEvent(namespace, attachments: 0, acknowledging: 7, payload: array),
                .binaryAcknowledgement(namespace, attachments: 1, id: 3, payload: array),
            ]
        }
    }

    private static func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }
    private func bytes(_ text: String) -> ArraySlice<UInt8> { Self.bytes(text) }
    private func packet(_ text: String) throws -> SocketIOPacket {
        try SocketIOPacket(parsing: bytes(text))
    }
}
