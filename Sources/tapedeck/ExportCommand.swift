import ArgumentParser
import Journal
import Replay

/// `tapedeck export`: one run as a file.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write one run to a file: NDJSON, or a tape.",
        discussion: """
            --redact KEY replaces the values of all members of that name, at any depth; \
            --redact /PATTERN/ whatever a regular expression matches in strings, names of members \
            and numbers. It can be given more than once. What was replaced is counted on standard \
            error.
            """)

    @OptionGroup var journal: JournalOptions

    @Argument(help: ArgumentHelp("The run.", valueName: "run"))
    var name: String

    @Option(help: "What the file is: ndjson or tape.")
    var format: RunExport<JournalView>.Format = .ndjson

    @Option(name: .shortAndLong, help: "The file (default: standard output).")
    var output = "-"

    @Option(help: ArgumentHelp("Take this out.", valueName: "KEY-or-/PATTERN/"))
    var redact: [String] = []

    func run() throws {
        let redaction: Redaction
        do {
            redaction = try Redaction(redact)
        } catch {
            throw ValidationError(error.message)
        }
        let (view, run) = try journal.view(of: name)
        var export = RunExport(of: run, from: view, as: format, redaction: redaction)
        do {
            if output == "-" {
                while let bytes = try export.next() { try OutputFile.standard.write(bytes) }
            } else {
                let file = try OutputFile.draft(of: output)
                do {
                    while let bytes = try export.next() { try file.write(bytes) }
                    try file.take(output)
                } catch {
                    file.discard(output)
                    throw error
                }
            }
        } catch is OutputFile.ReaderGone {
            return
        } catch let error as ReplayError {
            throw Failure("\(error); nothing was exported")
        }
        for gap in export.gaps { StandardError.write("tapedeck: \(gap.sentence)\n") }
        guard !redact.isEmpty else { return }
        let report = export.redaction.report
        StandardError.write(
            "tapedeck: redacted \(report.values) values in \(report.events) events\n")
    }
}

extension RunExport<JournalView>.Format: ExpressibleByArgument {}

extension Gap {
    /// What is missing, as a sentence.
    var sentence: String {
        "\(missed.map(String.init) ?? "some") records are missing between offsets "
            + "\(range.lowerBound.rawValue) and \(range.upperBound.rawValue) (\(reason.rawValue))"
    }
}
