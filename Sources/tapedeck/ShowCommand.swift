import ArgumentParser
import Journal
import Replay

/// `tapedeck show`: a run to read.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a run as a readable transcript.")

    @OptionGroup var journal: JournalOptions

    @Argument(help: ArgumentHelp("The run.", valueName: "run"))
    var name: String

    @OptionGroup var filter: TranscriptFilter

    func run() throws {
        let (view, run) = try journal.view(of: name)
        let transcript = Terminal.transcript
        do {
            if let info = view.run(run) { try write(transcript.header(info, at: .now)) }
            var cursor: Cursor? = .start
            while let from = cursor {
                let page = try view.read(.run(run), from: from, bytesMax: 1 << 20)
                cursor = page.isAtEnd ? nil : page.cursor
                for item in page.items {
                    switch item {
                    case .record(let record):
                        guard filter.admits(record.type, record.data) else { continue }
                        try write(
                            transcript.lines(record.type, record.data, at: record.recordedAt))
                    case .gap(let gap):
                        try write(transcript.missing(gap.sentence))
                    }
                }
            }
        } catch is OutputFile.ReaderGone {}
    }

    private func write(_ text: String) throws {
        try OutputFile.standard.write(Array(text.utf8))
    }
}

/// Which events of a run are shown.
struct TranscriptFilter: ParsableArguments {
    @Option(help: "Show this thread alone.")
    var thread: String?

    @Option(help: "Show what this agent says or is told.")
    var agent: String?

    @Option(
        help: "Show messages of this type, such as question, or events of it; more than once.")
    var type: [String] = []

    /// Whether an event is shown.
    func admits(_ event: EventType, _ data: [UInt8]) -> Bool {
        guard thread != nil || agent != nil || !type.isEmpty else { return true }
        guard let fields = try? JSONScanner.data(in: data).fields else { return false }
        if let thread, fields.threadID?.string(in: data) != thread { return false }
        let people = [fields.fromAgent, fields.toAgent, fields.parentAgent, fields.childAgent]
        if let agent, !people.contains(where: { $0?.string(in: data) == agent }) { return false }
        guard !type.isEmpty else { return true }
        let names = [event.name, fields.messageType?.string(in: data)]
        return names.contains { name in name.map(type.contains) ?? false }
    }
}
