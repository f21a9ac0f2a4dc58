import ArgumentParser
import Journal
import StreamServer

/// `tapedeck import`: recordings into a journal, through its server if one runs.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import recordings: NDJSON, tapes, or a registry database; again adds nothing.")

    @OptionGroup var journal: JournalOptions

    @Argument(help: "The files: one event a line, tapes, or SQLite.")
    var files: [String]

    func run() async throws {
        // Every file is read through before the first line is recorded: a mistake adds nothing.
        var sources = files.map { ImportSource($0) }
        for place in sources.indices { try await sources[place].check() }
        let target = try await ImportTarget.open(journal.directory)
        do {
            for var source in sources {
                let result = try await target.add(&source)
                let skipped = source.skipped > 0 ? ", \(source.skipped) rows skipped" : ""
                try OutputFile.standard.write(
                    Array(
                        ("\(source.path): \(result.appended) events imported, "
                            + "\(result.duplicates) known\(skipped)\n").utf8))
            }
        } catch is OutputFile.ReaderGone {
        } catch {
            try? target.close()
            throw error
        }
        try target.close()
    }
}

/// Where imported lines go.
private enum ImportTarget {
    case journal(Journal)
    case server(ControlClient)

    static func open(_ directory: String) async throws -> ImportTarget {
        if let client = try await ControlClient.connect(to: directory) { return .server(client) }
        return .journal(try Journal.open(directory))
    }

    func add(_ source: inout ImportSource) async throws -> ImportResult {
        do {
            switch self {
            case .journal(let journal):
                var recording = RecordingImport(
                    into: journal, stem: source.stem, ofRegistry: source.isRegistry)
                try await source.read { try await recording.add($0) }
                return try await recording.finish()
            case .server(let client):
                return try await client.importRecording(
                    stem: source.stem, ofRegistry: source.isRegistry
                ) { send in
                    try await source.read { try await send($0) }
                }
            }
        } catch let error as JournalError {
            throw Failure("\(source.path): \(error.message)")
        }
    }

    func close() throws {
        if case .journal(let journal) = self { try journal.close() }
    }
}
