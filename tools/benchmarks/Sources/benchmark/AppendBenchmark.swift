import Foundation
import Journal

/// Durable appends, saturated: the whole ingest, beside a bare loop of the same writes.
struct AppendBenchmark {
    let settings: Settings
    /// Requests that are under way at any time.
    static let clients = 1024

    /// Measures with requests of so many events.
    func run(_ perBody: [Int]) throws {
        for events in perBody { try run(perBody: events) }
    }

    private func run(perBody: Int) throws {
        var stream = TokenStream(text: settings.text, runs: 8, seed: 1)
        let events = settings.isQuick ? 200_000 : 1_000_000
        let load = Load.tokens(events, perBody: perBody, from: &stream)
        let name = "append_\(perBody)"
        var rates: [Double] = []
        var cpu: [Double] = []
        for round in 0..<settings.rounds {
            let files = NotingFileSystem()
            let journal = try settings.open("append", files: files)
            let cost = try Cost.of {
                try Ingest.run(
                    load, into: journal, clients: AppendBenchmark.clients,
                    threads: settings.threads)
            }
            let recorded = journal.end.rawValue
            let notes = files.takeNotes()
            try journal.close()
            guard recorded == UInt64(events) else {
                throw BenchmarkError("\(recorded) of \(events) events were recorded")
            }
            rates.append(Double(events) / cost.wall)
            cpu.append(cost.cpu / Double(events) * 1e6)
            guard round == settings.rounds - 1 else { continue }
            let perCommit = Double(events) / Double(notes.writes.count)
            Figures.print(name + "_events_a_commit", perCommit, "")
            Figures.print(name + "_sync_mean", notes.syncs.mean * 1e3, "ms")
            let source = try settings.segmentBytes("append", max: 64 << 20)
            let probe = try Probe.run(
                notes.writes, of: source, in: settings.directory, secondsMax: 10)
            let share = Double(probe.syncs.count) / Double(notes.writes.count)
            Figures.print(name + "_probe", Double(events) * share / probe.wall, "events/s")
            Figures.print(name + "_probe_sync_mean", probe.syncs.mean * 1e3, "ms")
            Figures.print(name + "_probe_sync_p99", probe.syncs.percentile(99) * 1e3, "ms")
        }
        Figures.print(name, runs: rates, "events/s")
        Figures.print(name + "_cpu", runs: cpu, "us/event")
    }
}
