import Foundation
import Journal

/// How long it takes until a journal can be written again whose process was killed: with a thousand
/// sealed segments, and one that was being written and is almost as long as one gets: 62 MiB of
/// messages, or 250,000 tokens.
struct StartBenchmark {
    let settings: Settings
    /// The sealed segments are short, to fit a disk: how many they are is what a start could feel.
    private static let sealedBytesMax = 256 << 10
    private static let openBytes = 62 << 20
    private static let openRecords = 250_000

    private var segments: Int { settings.isQuick ? 100 : 1000 }

    func run() throws {
        for kind in ["tokens", "messages"] {
            try prepare(kind)
            var with: [Double] = []
            var without: [Double] = []
            for _ in 0..<settings.rounds {
                try copy(kind)
                with.append(try open())
                try copy(kind)
                for file in ["", "-wal", "-shm", "-journal"] {
                    try settings.remove("start/catalog.sqlite" + file)
                }
                without.append(try open())
            }
            Figures.print("start_\(kind)", runs: with, "ms")
            Figures.print("start_\(kind)_no_catalog", runs: without, "ms")
        }
        for name in ["start", "killed"] { try settings.remove(name) }
    }

    /// Lets a process of its own record, and kills it.
    private func prepare(_ kind: String) throws {
        try settings.remove("killed")
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = Array(settings.arguments) + ["start_child_\(kind)"]
        let output = Pipe()
        child.standardOutput = output
        try child.run()
        let told = output.fileHandleForReading.availableData
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        guard String(decoding: told, as: UTF8.self).hasPrefix("ready") else {
            throw BenchmarkError("the process that was to be killed recorded nothing")
        }
    }

    /// What the killed process does.
    func record(_ kind: String) throws {
        let files = NotingFileSystem(isSynced: false)
        let parent = getppid()
        let folder = settings.path("killed") + "/segments"
        let sealed = try settings.open(
            "killed", files: files, segmentBytesMax: Self.sealedBytesMax)
        var lap = 0
        while try FileManager.default.contentsOfDirectory(atPath: folder).count <= segments {
            guard getppid() == parent else { return }
            lap += 1
            try append(kind, lap, to: sealed)
        }
        try sealed.close()
        _ = files.takeNotes()
        let open = try settings.reopen("killed", files: files)
        var bytes = 0
        let first = open.end.rawValue
        while bytes < Self.openBytes, open.end.rawValue - first < Self.openRecords {
            lap += 1
            try append(kind, lap, to: open)
            bytes += files.takeNotes().writes.reduce(0, +)
        }
        FileHandle.standardOutput.write(Data("ready\n".utf8))
        while getppid() == parent { sleep(1) }
    }

    /// Appends at most some megabytes.
    private func append(
        _ kind: String, _ lap: Int, to journal: Journal
    ) throws {
        if kind == "tokens" {
            var stream = TokenStream(
                text: settings.text, runs: 8, seed: UInt64(lap), prefix: "lap-\(lap)-")
            let load = Load.tokens(25_000, perBody: 64, from: &stream)
            try Ingest.run(load, into: journal, clients: 16, threads: settings.threads)
        } else {
            let load = try Load.messages(settings.messages, perBody: 16)
            try Ingest.run(
                load, into: journal, clients: 16, threads: settings.threads,
                run: RunID("lap-\(lap)"))
        }
    }

    private func copy(_ kind: String) throws {
        try settings.remove("start")
        try FileManager.default.copyItem(
            atPath: settings.path("killed"), toPath: settings.path("start"))
    }

    private func open() throws -> Double {
        let start = Cost.seconds
        let journal = try Journal.open(settings.path("start"))
        let taken = (Cost.seconds - start) * 1e3
        try journal.close()
        return taken
    }
}
