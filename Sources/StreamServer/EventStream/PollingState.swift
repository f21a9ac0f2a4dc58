import Journal
import NIOCore

/// A session whose client polls, until it moves to a WebSocket or ends.
///
/// A pure state machine. While a WebSocket probes, polls are answered with a noop, so that the
/// client can let go of the one that waits; until the WebSocket takes the session, it stays here
/// and nothing of it is lost if the probe fails.
struct PollingState: Sendable {
    private enum Phase {
        /// The client polls. → probing, moved, ended
        case polling(EventStreamSession)
        /// A WebSocket has asked whether it may take over. → polling, moved, ended
        case probing(EventStreamSession)
        /// A WebSocket has the session. No way out.
        case moved
        /// The session is over, for this reason. No way out.
        case ended(String)
    }

    /// What a poll does next.
    enum Action: Hashable, Sendable {
        /// Answer with these packets.
        case answer([[UInt8]])
        /// Read this and hand over the reply.
        case read(EventStreamRead)
        /// Wait for events or packets, until then at most.
        case wait(NIODeadline)
    }

    /// `6`: says nothing, and ends a poll.
    private static let noop: [[UInt8]] = [[UInt8(ascii: "6")]]

    private var phase: Phase
    private var isPolled = false

    /// The state of a session whose open packet was sent.
    init(_ session: EventStreamSession) {
        phase = .polling(session)
    }

    /// Why the session is over; nil as long as it is not, and once it has moved.
    var endReason: String? {
        if case .ended(let reason) = phase { reason } else { nil }
    }

    /// Whether the session is a WebSocket's now.
    var hasMoved: Bool {
        if case .moved = phase { true } else { false }
    }

    // MARK: Polls

    /// A poll begins.
    ///
    /// - Throws: ``EngineIORefusal`` when another waits already: which of them gets what follows
    ///   could not be told, so the session ends.
    mutating func beginPoll() throws(EngineIORefusal) {
        guard !isPolled else {
            end("the client polls twice at once")
            throw .badRequest("this session is polled already, and is over now")
        }
        isPolled = true
    }

    /// The poll is answered, or given up.
    mutating func endPoll() {
        isPolled = false
    }

    /// The next step of a poll, where the source has events up to `end`.
    mutating func next(at now: NIODeadline, end: Cursor) -> Action {
        switch phase {
        case .polling(var session):
            defer { if case .polling = phase { phase = .polling(session) } }
            switch session.next(at: now, isWritable: true, feedStart: end, end: end) {
            case .send(let packets): return .answer(packets)
            case .read(let read): return .read(read)
            case .wait, .take: return .wait(session.wakeAt)
            case .end(let reason):
                phase = .ended(reason)
                return .answer(PollingState.noop)
            }
        case .probing, .moved, .ended:
            return .answer(PollingState.noop)
        }
    }

    /// What a poll wanted read has come.
    ///
    /// - Returns: the packets to answer with; nil when the session has gone elsewhere meanwhile, or
    ///   there are none.
    mutating func arrived(_ reply: EventStreamRead.Reply, for read: EventStreamRead) -> [[UInt8]]? {
        guard case .polling(var session) = phase, session.awaits(read) else { return nil }
        let packets = session.arrived(reply)
        phase = .polling(session)
        return packets.isEmpty ? nil : packets
    }

    // MARK: Posts

    /// A packet was posted, when the stream's end was `end`.
    ///
    /// - Throws: ``FrameFault`` when it makes no sense; then the session is over.
    mutating func receive(_ packet: [UInt8], at now: NIODeadline, end: Cursor) throws(FrameFault) {
        switch phase {
        case .polling(var session):
            defer { settle(session) { .polling($0) } }
            try session.receive(packet, at: now, end: end)
        case .probing(var session):
            defer { settle(session) { .probing($0) } }
            try session.receive(packet, at: now, end: end)
        case .moved, .ended:
            break
        }
    }

    // MARK: Time

    /// The time has come to `now`, perhaps without a poll for long.
    mutating func advance(to now: NIODeadline) {
        switch phase {
        case .polling(var session):
            session.advance(to: now)
            settle(session) { .polling($0) }
        case .probing(var session):
            session.advance(to: now)
            settle(session) { .probing($0) }
        case .moved, .ended:
            break
        }
    }

    /// The session is over.
    mutating func end(_ reason: String) {
        switch phase {
        case .polling, .probing: phase = .ended(reason)
        case .moved, .ended: break
        }
    }

    // MARK: The change to a WebSocket

    /// A WebSocket probes.
    ///
    /// - Returns: whether it may: one at a time.
    mutating func beginProbe() -> Bool {
        guard case .polling(var session) = phase else { return false }
        session.abandonRead()
        phase = .probing(session)
        return true
    }

    /// The WebSocket that probed is gone: the client goes on polling.
    mutating func cancelProbe() {
        guard case .probing(let session) = phase else { return }
        phase = .polling(session)
    }

    /// The WebSocket that probed takes the session; nil when that is over.
    mutating func move() -> EventStreamSession? {
        guard case .probing(let session) = phase else { return nil }
        phase = .moved
        return session
    }

    /// Keeps `session` in its phase, unless it is over.
    private mutating func settle(
        _ session: EventStreamSession, _ phase: (EventStreamSession) -> Phase
    ) {
        self.phase = session.endReason.map { .ended($0) } ?? phase(session)
    }
}
