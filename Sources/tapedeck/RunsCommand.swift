import ArgumentParser
import Journal
import StreamServer

/// `tapedeck runs`: what is in a journal.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List the runs, newest first.")

    @OptionGroup var journal: JournalOptions

    @Flag(help: "Print JSON, as GET /api/runs answers it.")
    var json = false

    func run() throws {
        let view = try JournalView(journal.directory)
        let runs = view.runs(limit: .max, before: nil, matching: nil)
        do {
            if json {
                var object = JSONObject()
                object.add("runs", json: JSONObject.list(runs.map { $0.object(at: .now).json }))
                object.add("next", nil as String?)
                try OutputFile.standard.write(object.json + [UInt8(ascii: "\n")])
            } else {
                for run in runs { try OutputFile.standard.write(Array(line(run).utf8)) }
            }
        } catch is OutputFile.ReaderGone {}
    }

    private func line(_ run: RunInfo) -> String {
        let status = run.status(at: .now).rawValue.padded(to: 9)
        let events = String(run.events).padded(to: 8)
        let started = run.firstAt.description.prefix(19)
        return "\(started)  \(status)  \(events)  \(run.run.name)  \(run.title ?? "")\n"
    }
}

extension String {
    /// The text with spaces behind it, at least `width` characters.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
