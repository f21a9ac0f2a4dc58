import ArgumentParser
import Glibc
import Journal
import StreamServer

/// `tapedeck verify`: reads every byte of a journal, and repairs nothing.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every byte of the journal, or of tapes; repairs nothing.",
        discussion: "Exits 0 when it is clean, 3 when it is damaged, 2 when it cannot be read.")

    private static let damagedCode: CInt = 3

    @OptionGroup var journal: JournalOptions

    @Argument(help: "Tapes to check, instead of the journal.")
    var tapes: [String] = []

    @Flag(help: "Print the findings as one JSON object.")
    var json = false

    func run() throws {
        let progress = ProgressLine()
        let report =
            tapes.isEmpty
            ? try Verification.run(journal.directory) { progress.show($0, "checked") }
            : try Verification.run(tapes: tapes) { progress.show($0, "checked") }
        progress.clear()
        do {
            try OutputFile.standard.write(json ? report.json : Array(report.text.utf8))
        } catch is OutputFile.ReaderGone {}
        if !report.isClean { Glibc.exit(VerifyCommand.damagedCode) }
    }
}

extension VerificationReport {
    /// A line for each finding, and one for the whole.
    fileprivate var text: String {
        var text = ""
        for finding in findings { text += "\(finding.text)\n" }
        let sum = "\(segments) segments, \(records) records, \(bytes) bytes"
        return text + (isClean ? "clean: \(sum)\n" : "damaged: \(sum)\n")
    }

    /// `{"status","segments","records","bytes","findings":[…]}` and a line break.
    fileprivate var json: [UInt8] {
        var object = JSONObject()
        object.add("status", isClean ? "clean" : "damaged")
        object.add("segments", segments)
        object.add("records", records)
        object.add("bytes", bytes)
        object.add("findings", json: JSONObject.list(findings.map(\.json)))
        return object.json + [UInt8(ascii: "\n")]
    }
}

extension VerificationReport.Finding {
    fileprivate var json: [UInt8] {
        var object = JSONObject()
        object.add("kind", kind.rawValue)
        object.add("path", path)
        object.add("position", position?.rawValue)
        object.add("first_offset", offsets?.lowerBound.rawValue)
        object.add("last_offset", offsets?.upperBound.rawValue)
        object.add("runs", runs.map(\.name))
        object.add("detail", message)
        return object.json
    }
}
