import Journal
import Replay

/// How a stream begins: where its reader stands, and what it is told first.
///
/// Made on a thread that may block, since it may read the journal.
struct StreamOpening: Sendable {
    /// Where the reader stands.
    var cursor: Cursor
    /// How many records of the run it has seen, in a stream of one run.
    var seq: RunSequence
    /// The frames to begin with: `retry`, `connected`, gap or reset, and the cursor.
    var frames: [UInt8]
    /// The replay that follows; nil in a live stream.
    var replay: Replaying?

    /// A replay that has been wound to its first record.
    struct Replaying: Sendable {
        var player: Player
        /// Where to read on.
        var cursor: Cursor
        /// Whether the stream goes on live behind the end.
        var goesLive: Bool
        /// Whether there is nothing to send.
        var isEmpty: Bool
    }

    /// Seconds of silence after which a stream sends `ping`.
    static let pingSeconds = 15

    private enum Resume {
        case fresh
        case exact
        case gap
        case reset(StreamOpening.Reset)
    }

    /// Why a reader's id says nothing about where it stands, so that it starts from the beginning.
    enum Reset: String, Sendable {
        /// The id is of another lineage of offsets.
        case epoch
        /// The id is above everything that there is.
        case ahead
        /// The id is none.
        case malformed

        /// What a reader is told who asked for `requested`.
        func object(requested: String, epoch: Epoch?) -> JSONObject {
            var object = JSONObject()
            object.add("requested", requested)
            object.add("epoch", epoch?.description)
            object.add("reason", rawValue)
            return object
        }
    }

    /// Finds where the reader of `request` stands.
    ///
    /// - Throws: ``JournalError`` with code `io`; ``Problem`` 400 for an id in a position that is
    ///   none of this journal's.
    static func make(
        _ request: StreamRequest, _ journal: some JournalReading, now: Timestamp,
        clockNanoseconds: UInt64
    ) throws -> StreamOpening {
        let epochs = journal.epochs
        var resume = Resume.fresh
        var cursor: Cursor
        switch request.start {
        case .id(let text):
            (resume, cursor) = resolve(text, epochs, end: journal.end)
        case .earliest, .position:
            cursor = .start
        case .latest:
            cursor = Cursor(next: journal.end)
        case .tail(let count):
            cursor = try journal.cursor(beforeLast: count, of: request.selection)
        }
        var replay: Replaying?
        switch request.mode {
        case .live:
            if case .position(let position) = request.start {
                let plan = try self.plan(request, position, until: nil, .max, nil, journal)
                cursor = try journal.wind(plan, clockNanoseconds: clockNanoseconds).cursor
            }
        case .replay(let speed, let idleLimit, let until):
            var position: PlaybackPosition?
            if case .position(let from) = request.start { position = from }
            var bound: PlaybackPosition?
            if case .position(let end) = until { bound = end }
            var plan = try self.plan(request, position, until: bound, speed, idleLimit, journal)
            if position == nil { plan = plan.resumed(at: cursor) }
            let seen = try journal.record(before: cursor, of: request.selection)
            let wound = try journal.wind(
                plan, resumingAfter: position == nil ? seen : nil,
                clockNanoseconds: clockNanoseconds, goesLive: until == .live)
            replay = Replaying(
                player: wound.player, cursor: wound.next, goesLive: until == .live,
                isEmpty: wound.isEmpty)
            if position != nil { cursor = wound.cursor }
        }
        return try begin(request, journal, at: cursor, resume, replay, now: now)
    }

    private static func resolve(_ text: String, _ epochs: EpochChain, end: Offset)
        -> (Resume, Cursor)
    {
        guard let id = EventID(text) else { return (.reset(.malformed), .start) }
        return switch epochs.resolve(id, end: end) {
        case .exact(let cursor): (.exact, cursor)
        case .unknownEpoch: (.reset(.epoch), .start)
        case .ahead: (.reset(.ahead), .start)
        }
    }

    private static func plan(
        _ request: StreamRequest, _ from: PlaybackPosition?, until: PlaybackPosition?,
        _ speed: Speed, _ idleLimit: PlaybackDuration?, _ journal: some JournalReading
    ) throws -> ReplayPlan {
        try ReplayPlan(
            selection: request.selection, from: from, until: until, speed: speed,
            idleLimit: idleLimit, source: journal
        ) { id throws(Problem) in
            guard case .exact(let cursor) = journal.epochs.resolve(id, end: journal.end) else {
                throw Problem(400, "\(id) is no id of this journal")
            }
            return cursor
        }
    }

    private static func begin(
        _ request: StreamRequest, _ journal: some JournalReading, at cursor: Cursor,
        _ resume: Resume, _ replay: Replaying?, now: Timestamp
    ) throws(JournalError) -> StreamOpening {
        let epoch = journal.epochs.current
        // Before the extent: a first record in between is then behind the cursor, not before it.
        let end = journal.end
        let extent = try journal.extent(of: request.selection)
        var cursor = cursor
        // A reader at the very start stands just before the first record, or at the end of a
        // journal that has none for it: that place has an id, so a reconnect is exact.
        // Where records were lost it stays before all of them, so that it is told.
        if cursor == .start, !journal.hasLosses {
            cursor = Cursor(next: extent?.first ?? end)
        }
        var resume = resume
        if case .exact = resume, journal.hasLosses {
            let next = try journal.read(request.selection, from: cursor, bytesMax: 1)
            if case .gap = next.items.first { resume = .gap }
        }
        var seq = RunSequence.none
        if let run = request.run { seq = try journal.seq(of: run, at: cursor) }
        var object = JSONObject()
        object.add("status", "ok")
        if case .run(let run) = request.asked {
            object.add("run_id", run.name)
        } else {
            object.add("run_ids", request.asked.named?.map(\.name).sorted() ?? [])
        }
        object.add("epoch", epoch?.description)
        object.add("earliest", extent.map { EventID(epoch: epoch, offset: $0.first) })
        object.add("latest", extent.map { EventID(epoch: epoch, offset: $0.last) })
        object.add("seq", request.run == nil ? nil : seq.rawValue)
        object.add("latest_seq", request.run.map { journal.lastSeq(of: $0).rawValue })
        switch resume {
        case .fresh: object.add("resume", "fresh")
        case .exact: object.add("resume", "exact")
        case .gap: object.add("resume", "gap")
        case .reset: object.add("resume", "reset")
        }
        object.add("ping_interval", pingSeconds)
        object.add("server_time", now)
        var frames: [UInt8] = []
        SSEFrame.append(retryMilliseconds: Int.random(in: 2000...5000), to: &frames)
        SSEFrame.append(event: "connected", object, to: &frames)
        if case .reset(let reason) = resume, case .id(let requested) = request.start {
            SSEFrame.append(
                event: "stream_reset", reason.object(requested: requested, epoch: epoch),
                to: &frames)
        }
        SSEFrame.append(cursor: cursor, epoch: epoch, to: &frames)
        return StreamOpening(cursor: cursor, seq: seq, frames: frames, replay: replay)
    }
}
