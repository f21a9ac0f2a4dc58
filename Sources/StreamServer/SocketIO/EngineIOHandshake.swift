package import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the Engine.IO open packet tells: how the service will ping.
package struct EngineIOHandshake: Hashable, Sendable {
    /// The longest open packet read, in bytes.
    static let bytesMax = 64 << 10

    /// The longest interval and the longest timeout believed, in milliseconds: one day.
    static let millisecondsMax = 86_400_000.0

    /// The time between two pings; over 0, at most a day.
    package let pingInterval: TimeAmount

    /// How long a ping may be late; 0 to a day.
    package let pingTimeout: TimeAmount

    /// Silence for so long means that the link is dead.
    package var silenceMax: TimeAmount { pingInterval + pingTimeout }

    package init(pingInterval: TimeAmount, pingTimeout: TimeAmount) {
        self.pingInterval = pingInterval
        self.pingTimeout = pingTimeout
    }

    /// Reads the JSON object that follows the `0` of an open packet.
    ///
    /// - Throws: ``FrameFault/handshake`` unless both times are there and in range.
    init(parsing json: ArraySlice<UInt8>) throws(FrameFault) {
        struct Members: Decodable {
            let pingInterval: Double
            let pingTimeout: Double
        }
        guard json.count <= EngineIOHandshake.bytesMax,
            let members = try? JSONDecoder().decode(Members.self, from: Data(json)),
            members.pingInterval >= 1, members.pingInterval <= EngineIOHandshake.millisecondsMax,
            members.pingTimeout >= 0, members.pingTimeout <= EngineIOHandshake.millisecondsMax
        else { throw .handshake }
        self.init(
            pingInterval: .milliseconds(Int64(members.pingInterval)),
            pingTimeout: .milliseconds(Int64(members.pingTimeout)))
    }
}
