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

    let selection: Selection
    let format: SSEFrame.Format
    let start: Start
    let mode: Mode

    /// The run, where exactly one is streamed by its own address.
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

    /// Reads a request for a stream.
    ///
    /// - Throws: ``Problem`` 400 for a parameter that makes no sense.
    init(_ target: RequestTarget, lastEventID: String?) throws(Problem) {
        let named = try target.query.filter { $0.name == "run" }.map { pair throws(Problem) in
            try RequestTarget.run(pair.value)
        }
        if target.path.count == 4 {
            selection = .run(try RequestTarget.run(target.path[3]))
        } else if named.isEmpty {
            selection = .all
        } else if named.count == 1 {
            selection = .run(named[0])
        } else {
            guard named.count <= StreamRequest.runsMax else {
                throw Problem(400, "a stream may name at most \(StreamRequest.runsMax) runs")
            }
            selection = .runs(Set(named))
        }
        format = try target.flag("envelope") == true ? .envelope : .bare
        start = try StreamRequest.start(target, lastEventID: lastEventID)
        mode = try StreamRequest.mode(target)
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
