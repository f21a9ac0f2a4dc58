/// Packets of a polling transport, several in one body.
enum EngineIOPayload {
    private static let separator: UInt8 = 0x1E

    /// The body with `packets`.
    static func encode(_ packets: [[UInt8]]) -> [UInt8] {
        Array(packets.joined(separator: [separator]))
    }

    /// The text packets in `body`, in order; binary ones (`b…`) say nothing here and are left out.
    ///
    /// - Throws: ``EngineIORefusal`` for more packets than a payload may have.
    static func decode(_ body: [UInt8]) throws(EngineIORefusal) -> [[UInt8]] {
        let packetsMax = EventStreamSession.payloadPacketsMax
        let packets = body.split(
            separator: separator, maxSplits: packetsMax, omittingEmptySubsequences: false)
        guard packets.count <= packetsMax else {
            throw .badRequest("a payload may have \(packetsMax) packets")
        }
        return packets.filter { $0.first != UInt8(ascii: "b") }.map(Array.init)
    }
}
