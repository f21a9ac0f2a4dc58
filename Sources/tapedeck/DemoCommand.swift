import ArgumentParser
import Foundation
import Journal
import Replay
import StreamServer

/// `tapedeck demo`: the recordings that come with the program, served from a temporary journal,
/// one of them playing as if live.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Show what Tapedeck does; needs nothing else.")

    @Option(help: "The port to listen on; 0 picks one.")
    var port = 6101

    @Option(help: "The folder of recordings (default: data, beside the program's sources).")
    var data: String?

    mutating func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port takes a number from 0 to 65535")
        }
    }

    func run() async throws {
        let recordings = try self.recordings()
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "tapedeck-demo-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let journal = try Journal.open(directory)
        for file in recordings {
            var recording = RecordingImport(into: journal, stem: file.stem)
            try await file.read { try await recording.add($0) }
            _ = try await recording.finish()
        }
        let live = Task { try await DemoCommand.playAsIfLive(journal) }
        let server = TapedeckServer(
            journal: journal, directory: directory,
            options: TapedeckServer.Options(listener: TapedeckServer.Listener(port: port)),
            logger: Log.makeLogger())
        do {
            try await server.run { [picked = port] port in
                try? OutputFile.standard.write(
                    Array("listening on http://127.0.0.1:\(port ?? picked)\n".utf8))
            }
        } catch {
            live.cancel()
            try? journal.close()
            throw Failure("\(error)")
        }
        live.cancel()
        _ = await live.result
        try journal.close()
    }

    /// The recordings in the folder named, in `./data`, or in `data` beside the sources that the
    /// program was built from.
    private func recordings() throws -> [RecordingFile] {
        let files = FileManager.default
        var folders = data.map { [$0] } ?? [files.currentDirectoryPath + "/data"]
        if data == nil, let program = Bundle.main.executablePath {
            var folder = URL(filePath: program).resolvingSymlinksInPath()
            for _ in 0..<4 {
                folder.deleteLastPathComponent()
                folders.append(folder.appending(path: "data").path)
            }
        }
        for folder in folders {
            let names = ((try? files.contentsOfDirectory(atPath: folder)) ?? [])
                .filter { $0.hasSuffix(".ndjson") }.sorted()
            if !names.isEmpty { return names.map { RecordingFile("\(folder)/\($0)") } }
        }
        throw Failure("there are no recordings in \(folders[0]); name their folder with --data")
    }

    /// Plays the newest recording into the journal again and again, each time as a new run.
    private static func playAsIfLive(_ journal: Journal) async throws {
        guard let original = journal.runs(limit: 1, before: nil, matching: nil).first,
            let name = RunID("\(original.run.name)-live"),
            let idleLimit = try? PlaybackDuration(parsing: "5s")
        else { return }
        let plan = ReplayPlan(selection: .run(original.run), idleLimit: idleLimit)
        _ = try await Replayer(plan, source: journal, loops: true, clock: MonotonicClock())
            .run(into: JournalSink(journal: journal, rewriter: RunRewriter(name)))
    }
}
