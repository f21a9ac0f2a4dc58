import Foundation
import Journal

/// Measures the journal: `benchmark [--quick] --directory DIR --text FILE [--messages PATH] NAME…`.
///
/// Prints `FIGURE name value unit` lines; tools/bench compares them with goals and peers.
@main
enum Benchmark {
    static func main() {
        do {
            var names: [String] = []
            let settings = try parse(&names)
            for name in names { try run(name, settings) }
        } catch {
            FileHandle.standardError.write(Data("benchmark: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func parse(_ names: inout [String]) throws -> Settings {
        var settings = Settings(directory: "", messages: [], text: [])
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            guard argument.hasPrefix("--") else {
                names.append(argument)
                continue
            }
            settings.arguments.append(argument)
            guard argument != "--quick" else {
                settings.isQuick = true
                continue
            }
            let value = arguments.popFirst() ?? ""
            settings.arguments.append(value)
            switch argument {
            case "--directory": settings.directory = value
            case "--text": settings.text = try text(at: value)
            case "--messages": settings.messages = try Load.lines(at: value)
            default: throw BenchmarkError("there is no option \(argument)")
            }
        }
        guard !settings.directory.isEmpty, !settings.text.isEmpty, !names.isEmpty else {
            throw BenchmarkError("name --directory, --text and what to measure")
        }
        try FileManager.default.createDirectory(
            atPath: settings.directory, withIntermediateDirectories: true)
        return settings
    }

    private static func run(_ name: String, _ settings: Settings) throws {
        switch name {
        case "load": try writeLoads(settings)
        case "append": try AppendBenchmark(settings: settings).run([16, 1])
        case "append_16": try AppendBenchmark(settings: settings).run([16])
        case "latency": try LatencyBenchmark(settings: settings).run()
        case "ratio": try RatioBenchmark(settings: settings).run()
        case "read": try ReadBenchmark(settings: settings).run()
        case "seek": try SeekBenchmark(settings: settings).run()
        case "start": try StartBenchmark(settings: settings).run()
        case "start_child_tokens": try StartBenchmark(settings: settings).record("tokens")
        case "start_child_messages": try StartBenchmark(settings: settings).record("messages")
        case "long": try recordLong(settings)
        case "memory": try MemoryBenchmark(settings: settings).run()
        default: throw BenchmarkError("there is no benchmark \(name)")
        }
    }

    /// Leaves a long journal for `tools/bench stream`: 10 million events, and some more to resume to.
    private static func recordLong(_ settings: Settings) throws {
        try LongJournal(settings: settings, name: "long").record(
            (settings.isQuick ? 1_000_000 : 10_000_000) + 10_000, runs: 1000, atATime: 1000)
    }

    /// Leaves what is measured as files beside the journals, for peers.
    private static func writeLoads(_ settings: Settings) throws {
        var stream = TokenStream(text: settings.text, runs: 8, seed: 3)
        try Load.tokens(settings.isQuick ? 50_000 : 200_000, perBody: 16, from: &stream)
            .write(to: settings.path("tokens.ndjson"))
        try Load.messages(settings.messages, perBody: 16)
            .write(to: settings.path("messages.ndjson"))
    }

    /// The text of the messages in a recording, without what JSON would have to escape.
    private static func text(at path: String) throws -> [UInt8] {
        try Load.lines(at: path).flatMap { line -> [UInt8] in
            let event = try Event(try JSONScanner.envelope(in: line), in: line)
            guard let content = event.fields.content?.string(in: event.data) else { return [] }
            return content.utf8.filter { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }
        }
    }
}
