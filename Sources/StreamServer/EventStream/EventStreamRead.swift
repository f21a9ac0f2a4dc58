import Journal

/// What a session wants read from its source, on a thread that may block.
struct EventStreamRead: Hashable, Sendable {
    enum What: Hashable, Sendable {
        /// Where the stream stands, and the history up to there.
        case greeting
        /// The last events before a place, this many at most.
        case history(limit: Int, before: Cursor)
        /// What follows a place.
        case page(Cursor)
    }

    /// What was read.
    enum Reply: Sendable {
        /// The client begins at `cursor`, at `now`; the history before it holds so many `events`.
        case greeting(cursor: Cursor, events: Int, history: [UInt8], now: Timestamp)
        /// The packet of a history.
        case history([UInt8])
        /// Events, and where a reader stands behind them.
        case page(EventPage)
    }

    /// The events in a history, at most.
    static let historyMax = 100

    /// Which read this is: a later one has another number.
    let number: UInt64
    let what: What
    /// The runs that the client is told of.
    let selection: Selection

    /// Reads it; a page holds at most `packetsMax` events.
    ///
    /// - Throws: ``JournalError`` with code `io`.
    func perform(on source: any EventSource, packetsMax: Int, now: Timestamp)
        throws(JournalError) -> Reply
    {
        switch what {
        case .greeting:
            let cursor = Cursor(next: source.end)
            let records = try source.lastBroadcasts(
                EventStreamRead.historyMax, before: cursor, of: selection)
            return .greeting(
                cursor: cursor, events: records.count,
                history: EventStreamPacket.history(records), now: now)
        case .history(let limit, let cursor):
            return .history(
                EventStreamPacket.history(
                    try source.lastBroadcasts(limit, before: cursor, of: selection)))
        case .page(let cursor):
            return .page(
                try EventPage.read(source, selection, from: cursor, packetsMax: packetsMax))
        }
    }
}

/// Events that follow a cursor, as packets.
struct EventPage: Hashable, Sendable {
    var packets: [[UInt8]] = []
    /// Where the reader stands after them; also moves over what is not broadcast.
    var cursor: Cursor

    /// Reads a page of at most `packetsMax` events from `cursor` on; may be empty though there is
    /// more to read.
    ///
    /// Where records are lost there is nothing that the protocol could say: see `/api/stream`.
    static func read(
        _ source: any EventSource, _ selection: Selection, from cursor: Cursor, packetsMax: Int
    ) throws(JournalError) -> EventPage {
        let read = try source.read(selection, from: cursor, bytesMax: FramedPage.bytesMax)
        var page = EventPage(cursor: read.cursor)
        for record in read.records where record.isBroadcast {
            guard page.packets.count < packetsMax else {
                page.cursor = Cursor(next: record.offset)
                return page
            }
            page.packets.append(EventStreamPacket.event(record))
        }
        return page
    }
}
