/// What is wrong with a frame from the other side.
///
/// Of an upstream's frames a fault condemns one, never the link: the frame is reported and skipped.
/// Only a fault in the open packet ends the link, since without it the heartbeat is unknown. A
/// client's session ends with its first fault.
package enum FrameFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// A frame, or an Engine.IO message, without a byte in it.
    case empty
    /// The first byte is no Engine.IO packet type.
    case engineType(UInt8)
    /// The first byte of an Engine.IO message is no Socket.IO packet type.
    case socketType(UInt8)
    /// The open packet is not an object with a ping interval and a ping timeout.
    case handshake
    /// An open packet came first of all or a second time: the other did not.
    case order
    /// A packet that only a server sends.
    case direction
    /// A WebSocket that wants to take a session over says anything but `2probe` and then `5`.
    case probe
    /// A ping carries more than ``EngineIOPacket/pingBytesMax`` bytes.
    case pingTooLong
    /// A namespace is not ``SocketIONamespace``.
    case namespace
    /// The ack id is missing, or does not fit 64 bits.
    case acknowledgement
    /// The attachment count is missing, unterminated or over ``SocketIOPacket/attachmentsMax``.
    case attachments
    /// The payload of an event or ack is not enclosed in brackets, or not JSON.
    case payload
    /// A client sends more that wants an answer than it takes answers.
    case unanswered
    /// A binary frame that no binary event announced.
    case strayAttachment
    /// Another packet came before all the attachments of a binary event.
    case missingAttachments(Int)

    /// One sentence, without its full stop.
    package var description: String {
        switch self {
        case .empty: "the frame is empty"
        case .engineType(let byte): "the Engine.IO packet type \(byte) is unknown"
        case .socketType(let byte): "the Socket.IO packet type \(byte) is unknown"
        case .handshake: "the open packet has no valid ping interval and timeout"
        case .order: "an open packet must come first, and once"
        case .direction: "only a server sends this packet"
        case .probe: "a WebSocket that takes over a session says 2probe, and then 5"
        case .pingTooLong: "a ping carries over \(EngineIOPacket.pingBytesMax) bytes"
        case .namespace: "the packet's namespace is invalid"
        case .acknowledgement: "the ack id is missing or does not fit 64 bits"
        case .attachments: "the attachment count is missing, unterminated or too large"
        case .payload: "the packet's payload is not a JSON array"
        case .unanswered: "too many packets that want an answer, and no answer is taken"
        case .strayAttachment: "a binary frame belongs to no event"
        case .missingAttachments(let count): "a binary event lacks \(count) of its attachments"
        }
    }
}
