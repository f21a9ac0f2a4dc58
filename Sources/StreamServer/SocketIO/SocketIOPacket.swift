/// One Socket.IO packet (protocol 5), which is what an Engine.IO message carries.
///
/// Payloads are slices of the frame, verbatim. They are not parsed as JSON here, nor checked to be
/// UTF-8: whoever takes the events has to do that.
package enum SocketIOPacket: Hashable, Sendable {
    /// The most attachments a binary packet may announce.
    package static let attachmentsMax = 1000

    /// `0`: asks to join a namespace (payload: a token), or tells that it was joined (a sid).
    case connect(SocketIONamespace, payload: ArraySlice<UInt8>)
    /// `1`: leaves a namespace.
    case disconnect(SocketIONamespace)
    /// `2`: an event. The payload is the array of its name and arguments.
    case event(SocketIONamespace, acknowledging: UInt64?, payload: ArraySlice<UInt8>)
    /// `3`: the answer to an event that carried this id.
    case acknowledgement(SocketIONamespace, id: UInt64, payload: ArraySlice<UInt8>)
    /// `4`: a namespace may not be joined.
    case connectError(SocketIONamespace, payload: ArraySlice<UInt8>)
    /// `5`: an event, some of whose arguments follow in so many binary frames.
    case binaryEvent(
        SocketIONamespace, attachments: Int, acknowledging: UInt64?, payload: ArraySlice<UInt8>)
    /// `6`: the same for an answer.
    case binaryAcknowledgement(
        SocketIONamespace, attachments: Int, id: UInt64, payload: ArraySlice<UInt8>)

    /// The packet's bytes; an Engine.IO message puts a `4` in front.
    package func serialized() -> [UInt8] {
        switch self {
        case .connect(let namespace, let payload):
            Array("0\(namespace.prefix)".utf8) + payload
        case .disconnect(let namespace):
            Array("1\(namespace.prefix)".utf8)
        case .event(let namespace, let id, let payload):
            Array("2\(namespace.prefix)\(id.map(String.init) ?? "")".utf8) + payload
        case .acknowledgement(let namespace, let id, let payload):
            Array("3\(namespace.prefix)\(id)".utf8) + payload
        case .connectError(let namespace, let payload):
            Array("4\(namespace.prefix)".utf8) + payload
        case .binaryEvent(let namespace, let count, let id, let payload):
            Array("5\(count)-\(namespace.prefix)\(id.map(String.init) ?? "")".utf8) + payload
        case .binaryAcknowledgement(let namespace, let count, let id, let payload):
            Array("6\(count)-\(namespace.prefix)\(id)".utf8) + payload
        }
    }
}
