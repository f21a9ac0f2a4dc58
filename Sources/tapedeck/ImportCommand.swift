import ArgumentParser
import Journal
import StreamServer

/// `tapedeck import`: recordings into a journal, through its server if one runs.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import NDJSON recordings; importing again adds nothing.")

    @OptionGroup var journal: JournalOptions

    @Argument(help: "The files, one event a line.")
    var files: [String]

    func run() async throws {
        // Every file is read through before the first line is recorded: a mistake adds nothing.
        for path in files { try await RecordingFile(path).check() }
        let target = try await ImportTarget.open(journal.directory)
        do {
            for path in files {
                let file = RecordingFile(path)
                let result = try await target.add(file)
                try OutputFile.standard.write(
                    Array(
                        "\(path): \(result.appended) events imported, \(result.duplicates) known\n"
                            .utf8))
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

    func add(_ file: RecordingFile) async throws -> ImportResult {
        do {
            switch self {
            case .journal(let journal):
                var recording = RecordingImport(into: journal, stem: file.stem)
                try await file.read { try await recording.add($0) }
                return try await recording.finish()
            case .server(let client):
                return try await client.importRecording(stem: file.stem) { send in
                    try await file.read { try await send($0) }
                }
            }
        } catch let error as JournalError {
            throw Failure("\(file.path): \(error.message)")
        }
    }

    func close() throws {
        if case .journal(let journal) = self { try journal.close() }
    }
}
