import Journal
import NIOCore

/// What the client says.
extension EventStreamSession {
    /// A text packet has come, when the stream's end was `end`; binary ones say nothing here, and
    /// need not be handed over.
    ///
    /// - Throws: ``FrameFault`` when it makes no sense; then the session is over.
    mutating func receive(_ packet: [UInt8], at now: NIODeadline, end: Cursor) throws(FrameFault) {
        guard endReason == nil else { return }
        do throws(FrameFault) {
            try perform(EngineIOPacket(parsing: packet), at: now, end)
        } catch {
            self.end("\(error)")
            throw error
        }
    }

    private mutating func perform(
        _ packet: EngineIOPacket, at now: NIODeadline, _ end: Cursor
    ) throws(FrameFault) {
        switch packet {
        case .open: throw .direction
        case .close: self.end("the client ended the session")
        case .ping(let data): try enqueue(.packet([UInt8(ascii: "3")] + data))
        case .pong: heartbeat.pong(at: now)
        case .message(let body): try perform(try SocketIOPacket(parsing: body), at: now, end)
        case .upgrade, .noop: break
        }
    }

    private mutating func perform(
        _ packet: SocketIOPacket, at now: NIODeadline, _ end: Cursor
    ) throws(FrameFault) {
        switch packet {
        case .connect(.root, let payload):
            try join(with: payload, at: now)
        case .connect(let namespace, _):
            try enqueue(.packet(EventStreamPacket.refused(namespace)))
        case .disconnect(.root):
            leave()
        case .event(.root, let id, let payload):
            try take(EventStreamQuestion(payload), acknowledging: id, end)
        case .binaryEvent(.root, _, let id, _):
            try take(.other, acknowledging: id, end)
        case .disconnect, .event, .binaryEvent, .acknowledgement, .binaryAcknowledgement,
            .connectError:
            // Of a namespace that there is not, or the answer to a question that was never asked.
            break
        }
    }

    private mutating func join(
        with payload: ArraySlice<UInt8>, at now: NIODeadline
    ) throws(FrameFault) {
        switch membership {
        case .outside:
            guard rights.join(with: payload, at: now) else {
                return try enqueue(.packet(EventStreamPacket.tokenRefused))
            }
            try enqueue(.greeting)
            membership = .joining
        case .joining: break
        case .joined: try enqueue(.packet(EventStreamPacket.joined(as: memberID)))
        }
    }

    mutating func leave() {
        abandonRead()
        answers.removeAll()
        membership = .outside
    }

    private mutating func take(
        _ question: EventStreamQuestion, acknowledging id: UInt64?, _ end: Cursor
    ) throws(FrameFault) {
        switch membership {
        case .outside: return
        case .joining, .joined: break
        }
        switch question {
        case .history(let limit): try enqueue(.history(limit: limit, target: end))
        case .other: break
        }
        if let id { try enqueue(.packet(EventStreamPacket.acknowledgement(id))) }
    }

    private mutating func enqueue(_ answer: Answer) throws(FrameFault) {
        guard answers.count < EventStreamSession.answersMax else { throw .unanswered }
        answers.append(answer)
    }
}
