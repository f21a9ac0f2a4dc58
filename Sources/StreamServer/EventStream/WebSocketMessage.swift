import NIOWebSocket

/// Writes WebSocket messages as a server sends them (RFC 6455, section 5.2): one frame each,
/// unmasked, so that the same bytes serve every client.
enum WebSocketMessage {
    /// The most bytes in a close or a pong.
    private static let controlBytesMax = 125

    /// Appends a text message.
    static func append(_ text: [UInt8], to bytes: inout [UInt8]) {
        append(.text, text[...], to: &bytes)
    }

    /// The answer to a ping that carries `data`.
    static func pong(_ data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        append(.pong, data.prefix(controlBytesMax), to: &bytes)
        return bytes
    }

    /// The end of a connection, with a code and a reason, which may be empty.
    static func close(_ code: UInt16, _ reason: String) -> [UInt8] {
        var text = Substring(reason)
        while text.utf8.count > controlBytesMax - 2 { text.removeLast() }
        let data = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
        var bytes: [UInt8] = []
        append(.connectionClose, (data + Array(text.utf8))[...], to: &bytes)
        return bytes
    }

    private static func append(
        _ opcode: WebSocketOpcode, _ payload: ArraySlice<UInt8>, to bytes: inout [UInt8]
    ) {
        let isFinal: UInt8 = 0x80
        bytes.append(isFinal | UInt8(webSocketOpcode: opcode))
        switch payload.count {
        case ...125:
            bytes.append(UInt8(payload.count))
        case ...Int(UInt16.max):
            bytes.append(126)
            append(payload.count, byteCount: 2, to: &bytes)
        default:
            bytes.append(127)
            append(payload.count, byteCount: 8, to: &bytes)
        }
        bytes += payload
    }

    private static func append(_ length: Int, byteCount: Int, to bytes: inout [UInt8]) {
        for place in (0..<byteCount).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: length >> (8 * place)))
        }
    }
}
