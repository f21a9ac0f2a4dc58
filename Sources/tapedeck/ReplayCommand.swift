import ArgumentParser
import Journal
import Replay
import StreamServer

/// `tapedeck replay`: a run again, at its original times or faster.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Re-stream a run at original or accelerated speed, as NDJSON.")

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

    @Option(help: "Where to: - for standard output, or a file.")
    var out = "-"

    func run() async throws {
        Interruption.endsTheProgram()
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
        let output = out == "-" ? OutputFile.standard : try OutputFile.create(out)
        var rewriter: RunRewriter?
        if let newName {
            guard let name = RunID(newName) else {
                throw ValidationError("--as takes 1 to 256 bytes without control characters")
            }
            rewriter = RunRewriter(name)
        }
        let sink = LineSink(output: output, epoch: view.epochs.current, rewriter: rewriter)
        do {
            _ = try await Replayer(plan, source: view, loops: loop, clock: MonotonicClock())
                .run(into: sink)
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

/// Writes records as lines of NDJSON, and says where some are missing.
private final class LineSink: ReplaySink {
    private let output: OutputFile
    private let epoch: Epoch?
    private var rewriter: RunRewriter?

    init(output: OutputFile, epoch: Epoch?, rewriter: RunRewriter?) {
        self.output = output
        self.epoch = epoch
        self.rewriter = rewriter
    }

    func begin(lap number: UInt64) {
        rewriter?.begin(lap: number)
    }

    func write(_ batch: [ReadPage.Item]) throws {
        var bytes: [UInt8] = []
        for item in batch {
            switch item {
            case .record(let record):
                let shown = rewriter?.rewrite(record) ?? record
                shown.appendLine(epoch: epoch, to: &bytes)
                bytes.append(UInt8(ascii: "\n"))
            case .gap(let gap):
                StandardError.write("tapedeck: \(gap.sentence)\n")
            }
        }
        if !bytes.isEmpty { try output.write(bytes) }
    }

    func finish() {}
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
