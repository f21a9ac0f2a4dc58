import ArgumentParser
import Journal
import Logging
import StreamServer

/// `tapedeck record`: the recorder of `serve` without a server on the network, or lines on standard
/// input as they arrive.
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record from upstreams, or lines on standard input, without serving.",
        discussion: """
            tapedeck record - takes NDJSON, as import does, and records each line as it arrives: \
            what it says happens now. It goes through the server of the journal if one runs.
            """)

    @OptionGroup var recording: RecordingOptions

    @Argument(help: "- to record the lines on standard input instead of upstreams.")
    var source: String?

    mutating func validate() throws {
        guard source == nil || source == "-" else {
            throw ValidationError("record takes - for standard input, or --upstream")
        }
        guard source == nil || recording.upstream.isEmpty && recording.filter.isEmpty else {
            throw ValidationError("record - takes no --upstream and no --filter")
        }
    }

    func run() async throws {
        var settings = try recording.settings()
        let logger = Log.makeLogger()
        if source == nil {
            guard !settings.upstreams.isEmpty else {
                throw ValidationError("there is nothing to record; name an --upstream, or -")
            }
            let options = try settings.serverOptions(listens: false)
            try await serve(settings, options, nil, logger)
        } else {
            settings.upstreams = []
            try await recordLines(settings, logger)
        }
    }

    /// Records the lines on standard input, through the server if one runs.
    private func recordLines(_ settings: Settings, _ logger: Logger) async throws {
        let lines = LineRecording(of: try StandardInput()) { number, problem in
            StandardError.write("tapedeck: standard input: line \(number): \(problem)\n")
        }
        if let client = try await ControlClient.connect(to: settings.journal) {
            do {
                try await lines.run(through: client, logger: logger) {
                    RecordCommand.announce(settings)
                }
            } catch {
                throw RecordCommand.failure(error, isOfLines: true)
            }
        } else {
            let options = try settings.serverOptions(listens: false)
            try await serve(settings, options, lines, logger)
        }
        let result = lines.result
        try? OutputFile.standard.write(
            Array(
                "standard input: \(result.recorded) events recorded, \(result.known) known\n".utf8))
        guard result.refused == 0 else {
            throw Failure("standard input: \(result.refused) of \(result.lines) lines refused")
        }
    }

    /// Takes the journal's lock, and records until told to stop or the lines end.
    private func serve(
        _ settings: Settings, _ options: TapedeckServer.Options, _ lines: LineRecording?,
        _ logger: Logger
    ) async throws {
        let opened = try settings.openJournal(logger)
        let server = TapedeckServer(
            journal: opened, directory: settings.journal, options: options, logger: logger)
        do {
            try await server.run(recording: lines) { _ in RecordCommand.announce(settings) }
        } catch {
            try? opened.close()
            throw RecordCommand.failure(error, isOfLines: lines != nil)
        }
        try opened.close()
    }

    private static func failure(_ error: any Error, isOfLines: Bool) -> Failure {
        error as? Failure ?? Failure(isOfLines ? "standard input: \(error)" : "\(error)")
    }

    private static func announce(_ settings: Settings) {
        try? OutputFile.standard.write(Array("recording to \(settings.journal)\n".utf8))
    }
}

extension Settings {
    /// Opens the journal for writing, and tells what was found.
    func openJournal(_ logger: Logger) throws(JournalError) -> Journal {
        let opened = try Journal.open(journal, options: Journal.Options(durability: durability))
        for finding in opened.recovery.findings { logger.notice("\(finding)") }
        return opened
    }
}
