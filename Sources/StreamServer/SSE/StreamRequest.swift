import Journal
import Replay

/// What a client asks of a stream: which runs, from where, how.
struct StreamRequest: Sendable {
    /// Where to begin.
    enum Start: Hashable, Sendable {
        /// After this id, as the client sent it; it may be none.
        case id(String)
        /// At the first record.
        case earliest
        /// After the last record.
        case latest
        /// With the last records, this many.
        case tail(Int)
        /// At a position of the run.
        case position(PlaybackPosition)
    }

    /// How records that are there already are sent.
    enum Mode: Hashable, Sendable {
        /// At once, and then whatever comes.
        case live
        /// At their original times, or faster; then the stream ends, or goes on live.
        case replay(speed: Speed, idleLimit: PlaybackDuration?, until: Until)
    }

    /// Where a replay ends.
    enum Until: Hashable, Sendable {
        case end
        case live
        case position(PlaybackPosition)
    }

    /// The most runs that one stream may name.
    static let runsMax = 64
    /// The most records that `from=tail:N` may ask for.
    static let tailMax = 1_000_000

    /// The runs that were asked for.
    let asked: Selection
    /// The runs that are read: what of those the client may read.
    let selection: Selection
    /// When the token ends that let the request in; nil for never.
    let expires: Timestamp?
    let format: SSEFrame.Format
    let start: Start
    let mode: Mode

    /// The run to read, where exactly one is streamed.
    var run: RunID? {
        if case .run(let run) = selection { run } else { nil }
    }

    /// Whether finding its start may mean reading much of the journal.
    var scans: Bool {
        switch start {
        case .id, .earliest, .latest: false
        case .tail, .position: true
        }
    }

    /// Whether a request with this target asks for a stream, whatever else is wrong with it.
    static func matches(_ path: [String]) -> Bool {
        path.starts(with: ["api", "stream", "agent_chat"]) && path.count <= 4
    }

    /// Reads a request for a stream; `admit` is asked at its end whose it is, by what was asked for.
    ///
    /// - Throws: ``Problem`` 400 for a parameter that makes no sense, and what `admit` throws.
    init(
        _ target: RequestTarget, lastEventID: String?,
        admit: (Selection) throws(Problem) -> Holder
    ) throws(Problem) {
        let named = try target.query.filter { $0.name == "run" }.map { pair throws(Problem) in
            try RequestTarget.run(pair.value)
        }
        asked =
            target.path.count == 4
            ? .run(try RequestTarget.run(target.path[3])) : try StreamRequest.selection(of: named)
        format = try target.flag("envelope") == true ? .envelope : .bare
        start = try StreamRequest.start(target, lastEventID: lastEventID)
        mode = try StreamRequest.mode(target)
        let holder = try admit(asked)
        selection = holder.visible(asked)
        expires = holder.expires
    }

    /// Reads a request for a stream, which `gate` lets in by its credentials or by a ticket.
    ///
    /// - Throws: ``Problem`` 400 for a parameter that makes no sense, 401 or 403.
    init(
        _ target: RequestTarget, lastEventID: String?, _ gate: Gatekeeper,
        _ credentials: Credentials
    ) throws(Problem) {
        try self.init(target, lastEventID: lastEventID) { asked throws(Problem) in
            try gate.admit(credentials, ticket: target.parameter("ticket"), for: asked)
        }
    }

    /// What a stream selects that names these runs.
    ///
    /// - Throws: ``Problem`` 400 for too many.
    static func selection(of runs: [RunID]) throws(Problem) -> Selection {
        guard runs.count <= runsMax else {
            throw Problem(400, "a stream may name at most \(runsMax) runs")
        }
        guard let run = runs.first else { return .all }
        return runs.count == 1 ? .run(run) : .runs(Set(runs))
    }

    private static func start(_ target: RequestTarget, lastEventID: String?) throws(Problem)
        -> Start
    {
        let from = try target.parameter("from").map { text throws(Problem) in
            try StreamRequest.from(text)
        }
        let queried = target.parameter("last_event_id") ?? target.parameter("lastEventId")
        if let id = [lastEventID, queried].compactMap({ $0 }).first(where: { !$0.isEmpty }) {
            return .id(id)
        }
        return from ?? .earliest
    }

    private static func from(_ text: String) throws(Problem) -> Start {
        switch text {
        case "earliest": return .earliest
        case "latest": return .latest
        default: break
        }
        if text.hasPrefix("tail:") {
            guard let count = Int(text.dropFirst(5)), (0...tailMax).contains(count) else {
                throw Problem(400, "from=tail:N takes a whole number from 0 to \(tailMax)")
            }
            return .tail(count)
        }
        return .position(try position(text))
    }

    private static func mode(_ target: RequestTarget) throws(Problem) -> Mode {
        let speed = try target.parameter("speed").map { text throws(Problem) in
            try parsed { () throws(ReplayError) in try Speed(parsing: text) }
        }
        let idleLimit = try target.parameter("idle_limit").map { text throws(Problem) in
            try parsed { () throws(ReplayError) in try PlaybackDuration(parsing: text) }
        }
        let until = try target.parameter("until").map { text throws(Problem) -> Until in
            text == "live" ? .live : .position(try position(text))
        }
        switch target.parameter("mode") {
        case nil, "live":
            guard speed == nil, idleLimit == nil, until == nil else {
                throw Problem(400, "speed, idle_limit and until need mode=replay")
            }
            return .live
        case "replay":
            return .replay(speed: speed ?? .original, idleLimit: idleLimit, until: until ?? .end)
        default:
            throw Problem(400, "mode must be live or replay")
        }
    }

    private static func position(_ text: String) throws(Problem) -> PlaybackPosition {
        try parsed { () throws(ReplayError) in try PlaybackPosition(parsing: text) }
    }

    private static func parsed<Value>(_ parse: () throws(ReplayError) -> Value) throws(Problem)
        -> Value
    {
        do throws(ReplayError) {
            return try parse()
        } catch {
            throw Problem(400, error.description)
        }
    }
}
