import NIOCore

/// A WebSocket that wants to take over a session whose client polls.
///
/// A pure state machine: `2probe` is answered with `3probe`, and `5` takes the session.
struct UpgradeProbe: Sendable {
    /// How long it may take.
    static let timeMax = TimeAmount.seconds(10)

    private enum State {
        /// → probed
        case silent
        /// `3probe` was sent. No way out but ``Action/takeOver``.
        case probed
    }

    /// What a packet asks for.
    enum Action: Hashable, Sendable {
        /// Hold the polls back and send `3probe`.
        case answer
        /// Take the session over.
        case takeOver
        /// Nothing.
        case ignore
    }

    /// When the WebSocket is closed if it has not taken over.
    let deadline: NIODeadline
    private var state = State.silent

    /// A probe that begins at `now`.
    init(at now: NIODeadline) {
        deadline = now + UpgradeProbe.timeMax
    }

    /// A packet has come over the WebSocket.
    ///
    /// - Throws: ``FrameFault`` when it is not what a probe says.
    mutating func receive(_ packet: [UInt8]) throws(FrameFault) -> Action {
        switch (state, try EngineIOPacket(parsing: packet)) {
        case (.silent, .ping(let data)) where data.elementsEqual("probe".utf8):
            state = .probed
            return .answer
        case (.probed, .upgrade):
            return .takeOver
        case (_, .noop):
            return .ignore
        default:
            throw .probe
        }
    }
}
