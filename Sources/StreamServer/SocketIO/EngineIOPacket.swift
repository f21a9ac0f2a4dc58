/// One Engine.IO text frame (protocol 4): a type digit and what follows it.
package enum EngineIOPacket: Hashable, Sendable {
    /// The most bytes a ping may carry, which its pong repeats.
    package static let pingBytesMax = 125

    /// `0{…}`: the first packet of a link; a server's.
    case open(EngineIOHandshake)
    /// `1`: the other side ends the link.
    case close
    /// `2`, with what the pong has to repeat: usually nothing.
    case ping(ArraySlice<UInt8>)
    /// `3`: the answer to a ping.
    case pong
    /// `4…`: a Socket.IO packet.
    case message(ArraySlice<UInt8>)
    /// `5`: the end of a change of transport.
    case upgrade
    /// `6`: nothing.
    case noop

    /// Reads a text frame.
    ///
    /// The cost is constant, but for an open packet's.
    ///
    /// - Throws: ``FrameFault/empty``, ``FrameFault/engineType(_:)``, ``FrameFault/handshake``,
    ///   ``FrameFault/pingTooLong``.
    package init(parsing frame: [UInt8]) throws(FrameFault) {
        guard let type = frame.first else { throw .empty }
        let rest = frame.dropFirst()
        switch type {
        case UInt8(ascii: "0"): self = .open(try EngineIOHandshake(parsing: rest))
        case UInt8(ascii: "1"): self = .close
        case UInt8(ascii: "2"):
            guard rest.count <= EngineIOPacket.pingBytesMax else { throw .pingTooLong }
            self = .ping(rest)
        case UInt8(ascii: "3"): self = .pong
        case UInt8(ascii: "4"): self = .message(rest)
        case UInt8(ascii: "5"): self = .upgrade
        case UInt8(ascii: "6"): self = .noop
        default: throw .engineType(type)
        }
    }
}
