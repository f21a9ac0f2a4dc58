package import NIOCore

/// One link to an Event Stream service as a state machine without I/O: frames and the time go in,
/// ``Action``s come out, to be done in order.
///
/// Events count from the open packet on, not from the answer to the join: the service sends its
/// greeting and its history before it answers. A frame that makes no sense is reported and
/// skipped. Once an action is ``Action/close(reason:)`` the session is over and stays silent.
package struct SocketIOSession: Sendable {
    let configuration: Configuration
    private(set) var state: State

    /// A binary event whose attachments are still to come: in any state between open and closed.
    var binary: PendingBinary?

    /// When whoever waits for the history is told that none comes; nil once that is done.
    private var settlesAt: NIODeadline?

    /// When the scheduled call of ``time(at:)`` comes; nil if none is scheduled.
    private var wakeAt: NIODeadline?

    /// Whether nobody reads the socket, so that its silence says nothing.
    private var isPaused = false

    /// The service has confirmed that this client is in the namespace.
    package var isJoined: Bool {
        switch state {
        case .joined: true
        case .opening, .joining, .closed: false
        }
    }

    /// A session over a WebSocket that is up at `now`; do `actions` first.
    package static func start(
        _ configuration: Configuration, at now: NIODeadline
    ) -> (session: SocketIOSession, actions: [Action]) {
        var session = SocketIOSession(configuration, openBy: now + configuration.openTimeout)
        let actions = session.schedule()
        return (session, actions)
    }

    private init(_ configuration: Configuration, openBy: NIODeadline) {
        self.configuration = configuration
        state = .opening(until: openBy)
    }

    /// A whole text frame has come.
    package mutating func receive(text frame: [UInt8], at now: NIODeadline) -> [Action] {
        switch state {
        case .closed: return []
        case .opening: return open(frame, at: now)
        case .joining, .joined: heard(at: now)
        }
        do throws(FrameFault) {
            return try perform(EngineIOPacket(parsing: frame), at: now)
        } catch {
            return [.malformed(error)]
        }
    }

    /// A whole binary frame has come; what is in it does not matter.
    package mutating func receiveBinary(at now: NIODeadline) -> [Action] {
        switch state {
        case .closed: return []
        case .opening: return [.malformed(.strayAttachment)]
        case .joining, .joined: heard(at: now)
        }
        guard var pending = binary else { return [.malformed(.strayAttachment)] }
        pending.missing -= 1
        binary = pending
        return pending.missing == 0 ? finishBinary() : []
    }

    /// Bytes have come, perhaps of a frame that is not whole yet: the link is not silent.
    package mutating func heard(at now: NIODeadline) {
        switch state {
        case .joining(let heartbeat, let answerBy):
            state = .joining(heartbeat.heard(at: now), answerBy: answerBy)
        case .joined(let heartbeat):
            state = .joined(heartbeat.heard(at: now))
        case .opening, .closed: break
        }
    }

    /// The event that asked for this acknowledgement was delivered: tells the service.
    package func delivered(acknowledging id: UInt64) -> [Action] {
        switch state {
        case .joining, .joined: [.send("43\(configuration.namespace.prefix)\(id)[]")]
        case .opening, .closed: []
        }
    }

    /// The time asked for with ``Action/schedule(_:)`` has come.
    package mutating func time(at now: NIODeadline) -> [Action] {
        wakeAt = nil
        guard !isPaused else { return [] }
        if let settlesAt, settlesAt <= now {
            self.settlesAt = nil
            return [.settled] + time(at: now)
        }
        switch state {
        case .closed:
            return []
        case .opening(let until) where until <= now:
            return close("no open packet came in time")
        case .joining(let heartbeat, _) where heartbeat.deadAt <= now,
            .joined(let heartbeat) where heartbeat.deadAt <= now:
            return close("nothing was heard for ping interval and timeout")
        case .joining(_, let answerBy) where answerBy <= now:
            return close("the request to join the namespace was not answered in time")
        case .opening, .joining, .joined:
            return schedule()
        }
    }

    /// Nobody reads the socket any more: its silence is ours.
    package mutating func pause() {
        isPaused = true
    }

    /// The socket is read again: every deadline starts anew.
    package mutating func resume(at now: NIODeadline) -> [Action] {
        isPaused = false
        if settlesAt != nil { settlesAt = now + settleTimeout }
        switch state {
        case .closed:
            return []
        case .opening:
            state = .opening(until: now + configuration.openTimeout)
        case .joining(let heartbeat, _):
            state = .joining(
                heartbeat.heard(at: now), answerBy: now + configuration.joinTimeout)
        case .joined(let heartbeat):
            state = .joined(heartbeat.heard(at: now))
        }
        return schedule()
    }

    /// The transport ended by itself.
    package mutating func transportClosed(_ reason: String) -> [Action] {
        switch state {
        case .opening, .joining, .joined: close(reason)
        case .closed: []
        }
    }
}

// MARK: - Transitions

extension SocketIOSession {
    /// The open packet has come.
    mutating func opened(_ handshake: EngineIOHandshake, at now: NIODeadline) -> [Action] {
        state = .joining(
            Heartbeat(silenceMax: handshake.silenceMax, heardAt: now),
            answerBy: now + configuration.joinTimeout)
        settlesAt = now + settleTimeout
        return [.opened, .send(configuration.joinRequest)] + schedule()
    }

    /// The answer to the request to join has come.
    mutating func joined(at now: NIODeadline) -> [Action] {
        switch state {
        case .joining(let heartbeat, _):
            state = .joined(heartbeat)
            if let settlesAt { self.settlesAt = min(settlesAt, now + settleTimeout) }
            return schedule()
        case .opening, .joined, .closed:
            return []
        }
    }

    /// How long a history may take from now on.
    private var settleTimeout: TimeAmount {
        isJoined ? configuration.settleTimeout : configuration.joinTimeout
    }

    /// An event shows that the service serves this client, answer or not.
    mutating func postponeAnswer(at now: NIODeadline) {
        switch state {
        case .joining(let heartbeat, _):
            state = .joining(heartbeat, answerBy: now + configuration.joinTimeout)
        case .opening, .joined, .closed: break
        }
    }

    mutating func close(_ reason: String) -> [Action] {
        state = .closed
        binary = nil
        wakeAt = nil
        settlesAt = nil
        return [.close(reason: reason)]
    }

    /// Asks to be woken at the state's deadline, unless woken before it anyway.
    private mutating func schedule() -> [Action] {
        let deadline: NIODeadline
        switch state {
        case .opening(let until): deadline = until
        case .joining(let heartbeat, let answerBy): deadline = min(heartbeat.deadAt, answerBy)
        case .joined(let heartbeat): deadline = heartbeat.deadAt
        case .closed: return []
        }
        let next = settlesAt.map { min($0, deadline) } ?? deadline
        if let wakeAt, wakeAt <= next { return [] }
        wakeAt = next
        return [.schedule(next)]
    }
}
