import Journal
import NIOCore
import ServiceLifecycle

/// A session whose client polls: its ``PollingState``, the poll that waits, and the way to the
/// journal.
///
/// All methods may be called from any thread.
final class PollingSession: Sendable {
    private struct State {
        var machine: PollingState
        /// Counts what may end a wait, so that one that begins just then does not miss it.
        var nudges: UInt64 = 0
        var waiting: Task<Void, Never>?
    }

    /// What the client names the session by.
    let id: String
    /// Who opened the session; nil where that is told when it is joined.
    private let owner: Holder?
    private let state: Locked<State>

    init(_ session: EventStreamSession, owner: Holder?) {
        id = session.id
        self.owner = owner
        state = Locked(State(machine: PollingState(session)))
    }

    /// Whether whoever sent a request may use the session; nil for who shows no token.
    ///
    /// Clients show a token when they open a session, and some of them only then: afterwards whoever
    /// knows the id, which nobody can guess, may use it. Somebody else's token does not fit.
    func isOpen(to holder: Holder?) -> Bool {
        owner == nil || holder == nil || owner == holder
    }

    /// Whether the session is not here any more: over, or a WebSocket's.
    var isGone: Bool {
        state.withLock { $0.machine.endReason != nil || $0.machine.hasMoved }
    }

    /// Whether the session is a WebSocket's now.
    var hasMoved: Bool { state.withLock { $0.machine.hasMoved } }

    /// Packets for the client, at least one; waits until there are some.
    ///
    /// Of a session that ends meanwhile, or moves, it is a noop.
    ///
    /// - Throws: ``EngineIORefusal`` when the session is polled already; ``Problem`` 503 when the
    ///   server stops; ``JournalError``.
    func poll(_ service: EventStreamService) async throws -> [[UInt8]] {
        let refusal = change { machine -> EngineIORefusal? in
            do throws(EngineIORefusal) {
                try machine.beginPoll()
                return nil
            } catch {
                return error
            }
        }
        if let refusal { throw refusal }
        defer { state.withLock { $0.machine.endPoll() } }
        while true {
            let end = Cursor(next: service.source.end)
            let (action, nudges) = state.withLock {
                ($0.machine.next(at: service.uptime(), end: end), $0.nudges)
            }
            switch action {
            case .answer(let packets):
                return packets
            case .read(let read):
                if let packets = try await perform(read, service) { return packets }
            case .wait(let deadline):
                await wait(until: deadline, after: end, unlessNudgedSince: nudges, service)
                if Task.isCancelled || Task.isShuttingDownGracefully {
                    throw Problem(503, "the server stops; connect again in a moment")
                }
            }
        }
    }

    private func perform(_ read: EventStreamRead, _ service: EventStreamService) async throws
        -> [[UInt8]]?
    {
        do {
            let reply = try await service.perform(
                read, packetsMax: EventStreamSession.payloadPacketsMax,
                on: service.hubs.anyEventLoop
            ).get()
            return state.withLock { $0.machine.arrived(reply, for: read) }
        } catch {
            end("the journal cannot be read")
            throw error
        }
    }

    /// Waits for an event behind `cursor`, or for a nudge.
    private func wait(
        until deadline: NIODeadline, after cursor: Cursor, unlessNudgedSince nudges: UInt64,
        _ service: EventStreamService
    ) async {
        let wait = deadline - service.uptime()
        let wakeAt = ContinuousClock.now + .nanoseconds(max(wait.nanoseconds, 0))
        let waiting = Task {
            await service.arrivals.wait(for: nil, after: cursor, until: wakeAt)
        }
        let isNudged = state.withLock { state in
            state.waiting = waiting
            return state.nudges != nudges
        }
        if isNudged { waiting.cancel() }
        await withTaskCancellationHandler {
            await cancelWhenGracefulShutdown { await waiting.value }
        } onCancel: {
            waiting.cancel()
        }
        state.withLock { $0.waiting = nil }
    }

    /// Packets that the client posted, in order.
    ///
    /// - Throws: ``EngineIORefusal`` when one makes no sense; then the session is over.
    func receive(_ packets: [[UInt8]], _ service: EventStreamService) throws(EngineIORefusal) {
        let end = Cursor(next: service.source.end)
        let fault = change { machine -> FrameFault? in
            do throws(FrameFault) {
                for packet in packets {
                    try machine.receive(packet, at: service.uptime(), end: end)
                }
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw .badRequest("\(fault)") }
    }

    /// Looks whether the client is dead.
    func advance(to now: NIODeadline) {
        change { $0.advance(to: now) }
    }

    /// Ends the session.
    func end(_ reason: String) {
        change { $0.end(reason) }
    }

    /// A WebSocket probes; see ``PollingState/beginProbe()``.
    func beginProbe() -> Bool {
        change { $0.beginProbe() }
    }

    /// The WebSocket that probed is gone.
    func cancelProbe() {
        change { $0.cancelProbe() }
    }

    /// The WebSocket that probed takes the session; nil when that is over.
    func move() -> EventStreamSession? {
        change { $0.move() }
    }

    /// Changes the state, and has the poll that waits look at it.
    private func change<Result>(_ body: (inout PollingState) -> sending Result) -> sending Result {
        var waiting: Task<Void, Never>?
        let result = state.withLock { state in
            state.nudges += 1
            waiting = state.waiting
            return body(&state.machine)
        }
        waiting?.cancel()
        return result
    }
}
