import DequeModule
import Journal
import NIOCore

/// One client of the Event Stream without its transport: Engine.IO packets and the time go in, what
/// to do next comes out.
///
/// A pure state machine around one cursor. Answers wait in order, at most ``answersMax`` of them;
/// events do not wait anywhere: the client's cursor stands before the next one. The order of a
/// greeting is that of the real service: `connected`, the history, and only then the answer to the
/// request to join.
struct EventStreamSession: Sendable {
    /// How the server pings, and for how long it waits.
    static let times = EngineIOHandshake(pingInterval: .seconds(25), pingTimeout: .seconds(20))
    /// The most bytes of one packet, or of one payload of packets, that a client may send.
    static let payloadBytesMax = 1_000_000
    /// The most packets in one payload, either way: clients refuse more.
    static let payloadPacketsMax = 16
    /// Answers that wait for a client to take them, at most; then its session ends.
    static let answersMax = 64

    /// Whether the client is in the namespace.
    enum Membership {
        /// It has not asked, or has left. → joining
        case outside
        /// Its greeting waits. → joined, outside
        case joining
        /// It is told of events. → outside
        case joined(Subscriber)
    }

    enum Answer {
        case packet([UInt8])
        /// What a client that joins is told first.
        case greeting
        /// The last events, this many at most, once the client was told all before `target`: the
        /// end of the stream when it asked.
        case history(limit: Int, target: Cursor)
    }

    /// What to do next.
    enum Action: Hashable, Sendable {
        /// Wait for events, packets, room in the socket, or the read under way; until
        /// ``EventStreamSession/wakeAt`` at most.
        case wait
        /// Send these packets, in order.
        case send([[UInt8]])
        /// Read this and hand over the reply.
        case read(EventStreamRead)
        /// Send what the feed has from here.
        case take(Cursor)
        /// The session is over; the reason is one sentence without its full stop.
        case end(String)
    }

    /// The session's id: whoever knows it may poll and post.
    let id: String
    /// The client's id in the namespace.
    let memberID: String
    /// What it may be told of.
    var rights: EventStreamRights
    var heartbeat: EngineIOHeartbeat
    var membership = Membership.outside
    var answers: Deque<Answer> = []
    /// The number of the read under way; nil when there is none.
    private var reading: UInt64?
    private var reads: UInt64 = 0
    /// Why the session is over; nil as long as it is not.
    private(set) var endReason: String?

    /// A session that begins at `now`.
    init(id: String, memberID: String, rights: EventStreamRights, at now: NIODeadline) {
        self.id = id
        self.rights = rights
        self.memberID = memberID
        heartbeat = EngineIOHeartbeat(EventStreamSession.times, at: now)
    }

    /// `0{…}`: the packet with which the session begins; `upgrades` are the transports that the
    /// client may change to.
    func openPacket(upgrades: [String]) -> [UInt8] {
        var object = JSONObject()
        object.add("sid", id)
        object.add("upgrades", upgrades)
        object.add("pingTimeout", EventStreamSession.times.pingTimeout.nanoseconds / 1_000_000)
        object.add("pingInterval", EventStreamSession.times.pingInterval.nanoseconds / 1_000_000)
        object.add("maxPayload", EventStreamSession.payloadBytesMax)
        return [UInt8(ascii: "0")] + object.json
    }

    /// When ``next(at:isWritable:feedStart:end:)`` has something to say at the latest.
    var wakeAt: NIODeadline { min(heartbeat.wakeAt, rights.deadline ?? heartbeat.wakeAt) }

    /// Whether so much waits for an answer that nothing more should be taken from the client.
    var isBusy: Bool { !answers.isEmpty }

    /// The client's socket took some of what waits for it.
    mutating func progressed(at now: NIODeadline) {
        heartbeat.progressed(at: now)
    }

    /// The time has come to `now`: a client that did not answer a ping is dead.
    mutating func advance(to now: NIODeadline) {
        guard endReason == nil else { return }
        if let deadline = rights.deadline, now >= deadline {
            end(rights.endReason)
        } else if !heartbeat.advance(to: now) {
            end("the client did not answer a ping in time")
        }
    }

    /// The session is over.
    mutating func end(_ reason: String) {
        endReason = endReason ?? reason
        leave()
    }

    /// The next step, where a feed holds all events from `feedStart` to `end`.
    mutating func next(
        at now: NIODeadline, isWritable: Bool, feedStart: Cursor, end: Cursor
    ) -> Action {
        advance(to: now)
        if let endReason { return .end(endReason) }
        guard isWritable else { return .wait }
        if heartbeat.isDue {
            heartbeat.sent(at: now)
            return .send([[UInt8(ascii: "2")]])
        }
        guard reading == nil else { return .wait }
        switch answers.first {
        case .packet: return .send(takePackets())
        case .greeting: return read(.greeting)
        case .history(let limit, let target):
            return catchUp(to: target, for: limit, feedStart: feedStart, end: end)
        case nil: return follow(feedStart: feedStart, end: end)
        }
    }

    /// Whether it is this read that is under way.
    func awaits(_ read: EventStreamRead) -> Bool { reading == read.number }

    /// The read under way has brought `reply`.
    ///
    /// - Returns: the packets to send at once.
    /// - Precondition: the session awaits it.
    mutating func arrived(_ reply: EventStreamRead.Reply) -> [[UInt8]] {
        reading = nil
        switch reply {
        case .greeting(let cursor, let events, let history, let now):
            _ = answers.popFirst()
            membership = .joined(Subscriber(cursor: cursor, seq: .none))
            return [EventStreamPacket.greeting(events: events, now: now)]
                + (events > 0 ? [history] : []) + [EventStreamPacket.joined(as: memberID)]
        case .history(let packet):
            _ = answers.popFirst()
            return [packet]
        case .page(let page):
            sent(page.packets.count, to: page.cursor)
            return page.packets
        }
    }

    /// The read under way is given up; what it was for will be read again.
    mutating func abandonRead() {
        guard reading != nil else { return }
        reading = nil
        guard case .joined(var subscriber) = membership else { return }
        subscriber.sent(0, to: subscriber.cursor, lastSent: nil, seq: nil)
        membership = .joined(subscriber)
    }

    /// Events up to `cursor` were handed to the transport.
    mutating func sent(_ count: Int, to cursor: Cursor) {
        guard case .joined(var subscriber) = membership else { return }
        subscriber.sent(count, to: cursor, lastSent: nil, seq: nil)
        membership = .joined(subscriber)
    }
}

// MARK: - Steps

extension EventStreamSession {
    private mutating func takePackets() -> [[UInt8]] {
        var packets: [[UInt8]] = []
        while packets.count < EventStreamSession.payloadPacketsMax,
            case .packet(let packet) = answers.first
        {
            packets.append(packet)
            _ = answers.popFirst()
        }
        return packets
    }

    private mutating func read(_ what: EventStreamRead.What) -> Action {
        reads += 1
        reading = reads
        return .read(EventStreamRead(number: reads, what: what, selection: rights.selection))
    }

    /// A history that is asked for ends where the client stands, so that it holds no event that
    /// the client is still to be told of, and where the stream stood, so that it lacks none.
    private mutating func catchUp(
        to target: Cursor, for limit: Int, feedStart: Cursor, end: Cursor
    ) -> Action {
        if case .joined(let subscriber) = membership, subscriber.cursor >= target {
            return read(.history(limit: limit, before: subscriber.cursor))
        }
        return follow(feedStart: feedStart, end: end)
    }

    private mutating func follow(feedStart: Cursor, end: Cursor) -> Action {
        guard case .joined(var subscriber) = membership else { return .wait }
        defer { membership = .joined(subscriber) }
        while true {
            switch subscriber.next(isWritable: true, feedStart: feedStart, end: end) {
            case .wait: return .wait
            // The protocol has no word for it.
            case .announceLive: continue
            case .take(let cursor): return .take(cursor)
            case .read(let cursor): return read(.page(cursor))
            }
        }
    }
}
