import Journal

/// One reader of a live stream, without its socket: where it stands, and what to do next.
///
/// A pure state machine around a cursor. There is no step at which it "subscribes": near the end
/// it takes from its loop's feed, behind that it reads the journal, and both move one cursor.
struct Subscriber: Sendable {
    /// Where the reader is between two steps.
    enum State: Hashable, Sendable {
        /// Behind the feed, or not told yet that it has caught up. → reading, live, closed
        case backlog
        /// A read of the journal is under way. → backlog, closed
        case reading
        /// Caught up at least once, and told so. → reading, closed
        case live
        /// Nothing more is sent. No way out.
        case closed
    }

    /// What to do next.
    enum Action: Hashable, Sendable {
        /// Wait for new records, for room in the socket, or for the read under way.
        case wait
        /// Read the journal from here.
        case read(Cursor)
        /// Send what the feed has from here.
        case take(Cursor)
        /// Tell the reader that it has caught up.
        case announceLive
    }

    private(set) var state = State.backlog
    /// Everything before it has been sent.
    private(set) var cursor: Cursor
    /// The seq of the last record sent, in a stream of one run.
    private(set) var seq: RunSequence
    /// The last cursor that the client was told, by an event's id or an id-only frame.
    private(set) var told: Cursor
    /// How many records were sent before the reader caught up.
    private(set) var replayed: UInt64 = 0
    private var wasAnnounced = false

    /// A reader that has been told it stands at `cursor`.
    init(cursor: Cursor, seq: RunSequence) {
        self.cursor = cursor
        self.seq = seq
        told = cursor
    }

    /// The next step, where the feed holds everything selected from `feedStart` to `end`.
    mutating func next(isWritable: Bool, feedStart: Cursor, end: Cursor) -> Action {
        switch state {
        case .reading, .closed: return .wait
        case .backlog, .live: break
        }
        guard isWritable else { return .wait }
        if cursor >= end {
            guard !wasAnnounced else { return .wait }
            wasAnnounced = true
            state = .live
            return .announceLive
        }
        if cursor >= feedStart { return .take(cursor) }
        state = .reading
        return .read(cursor)
    }

    /// Records up to `cursor` were handed to the socket, the last of them at `lastSent`.
    mutating func sent(_ count: Int, to cursor: Cursor, lastSent: Cursor?, seq: RunSequence?) {
        self.cursor = max(self.cursor, cursor)
        if let lastSent { told = lastSent }
        if let seq { self.seq = seq }
        if !wasAnnounced { replayed += UInt64(count) }
        if state == .reading { state = wasAnnounced ? .live : .backlog }
    }

    /// The client was told where it stands by an id-only frame.
    mutating func toldCursor() {
        told = cursor
    }

    /// Nothing more is sent.
    mutating func close() {
        state = .closed
    }
}
