import ArgumentParser
import Journal
import Replay
import StreamServer

/// `tapedeck replay`: a run again, at its original times or faster.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Re-stream a run at original or accelerated speed, as NDJSON.")

    /// The variable of the environment that has the token of the server in `--out`.
    private static let tokenVariable = "TAPEDECK_TOKEN"

    @OptionGroup var journal: JournalOptions

    @Argument(help: "The run; of a tape that holds one run alone, it need not be named.")
    var run: String?

    @Option(help: "Replay this tape, and no journal.")
    var tape: String?

    @Option(
        help: "How fast: 0.1 to 1000 times the original, or max.",
        transform: { try argument($0, Speed.init(parsing:)) })
    var speed: Speed = .original

    @Option(
        help: "Cut longer silences to this, such as 2s.",
        transform: { try argument($0, PlaybackDuration.init(parsing:)) })
    var idleLimit: PlaybackDuration?

    @Option(
        help: "Begin here: an event id (exclusive), 12.5s, 40% or a time.",
        transform: { try argument($0, PlaybackPosition.init(parsing:)) })
    var from: PlaybackPosition?

    @Option(
        help: "End here: an event id (inclusive), 12.5s, 40% or a time.",
        transform: { try argument($0, PlaybackPosition.init(parsing:)) })
    var until: PlaybackPosition?

    @Flag(help: "Begin again at the end.")
    var loop = false

    @Option(
        name: .customLong("as"),
        help: "Name the run this, rewrite its thread and message ids, and number each lap.")
    var newName: String?

    @Option(
        help: """
            Where to: - for standard output, a file, the http:// address of a server, or \
            socketio://127.0.0.1:6102 to be an Event Stream service there.
            """)
    var out = "-"

    func run() async throws {
        if !out.hasPrefix("socketio:") { Interruption.endsTheProgram() }
        let (view, run) = try source()
        let plan = try ReplayPlan(
            selection: .run(run), from: from, until: until, speed: speed, idleLimit: idleLimit,
            source: view
        ) { id in
            guard case .exact(let cursor) = view.epochs.resolve(id, end: view.end) else {
                throw Failure("\(tape ?? journal.directory): \(id) is no id of its events")
            }
            return cursor
        }
        var rewriter: RunRewriter?
        if let newName {
            guard let name = RunID(newName) else {
                throw ValidationError("--as takes 1 to 256 bytes without control characters")
            }
            rewriter = RunRewriter(name)
        }
        let replayer = Replayer(plan, source: view, loops: loop, clock: MonotonicClock())
        if out.contains("://") {
            guard rewriter != nil || !loop else {
                throw ValidationError(
                    "--loop to a server needs --as: it refuses what it has as a duplicate")
            }
            if let standIn = try StandIn(out) {
                return try await standIn.play(replayer, rewriter)
            }
            let client: BroadcastClient
            do {
                let token = try EnvironmentVariable.value(of: Self.tokenVariable)
                    .map { try UpstreamToken($0) }
                client = BroadcastClient(try UpstreamURL(out), token: token)
            } catch {
                throw ValidationError("--out: \(error)")
            }
            do {
                let report = try await replayer.run(
                    into: BroadcastSink(client: client, rewriter: rewriter))
                StandardError.write("tapedeck: \(report.playback.records) events posted\n")
            } catch let error as BroadcastClient.Failure {
                throw Failure("\(error)")
            }
            return
        }
        let output = out == "-" ? OutputFile.standard : try OutputFile.create(out)
        do {
            _ = try await replayer.run(
                into: LineSink(output: output, epoch: view.epochs.current, rewriter: rewriter))
        } catch is OutputFile.ReaderGone {}
    }
}

extension ReplayCommand {
    /// What is replayed, and the run of it.
    private func source() throws -> (JournalView, RunID) {
        if let tape {
            let view = try JournalView(tape: tape)
            return (view, try view.run(named: run, of: tape))
        }
        guard let run else { throw ValidationError("name a run, or a tape with --tape") }
        return try journal.view(of: run)
    }
}

/// Parses an option's value, and tells what is wrong in the parser's own words.
private func argument<Value>(
    _ text: String, _ parse: (String) throws -> Value
) throws -> Value {
    do {
        return try parse(text)
    } catch {
        throw ValidationError("\(error)")
    }
}
