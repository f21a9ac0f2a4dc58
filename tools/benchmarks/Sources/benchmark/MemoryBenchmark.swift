import Foundation
import Journal

/// What the process holds while its journal grows a hundredfold, tenfold where it must be quick;
/// new runs come as it grows.
struct MemoryBenchmark {
    let settings: Settings
    func run() throws {
        let journal = try settings.open("memory", files: NotingFileSystem(isSynced: false))
        // Past a segment, so that the one that is written has been full once before as after.
        let first = 300_000
        try append(first, journal)
        let before = try residentPeak()
        try append((settings.isQuick ? 9 : 99) * first, journal)
        let after = try residentPeak()
        try journal.close()
        try settings.remove("memory")
        Figures.print("memory_before", before, "MiB")
        Figures.print("memory_after", after, "MiB")
        Figures.print("memory_growth", after / before, "x")
    }

    private func append(_ events: Int, _ journal: Journal) throws {
        var left = events
        while left > 0 {
            var stream = TokenStream(
                text: settings.text, runs: 8, seed: UInt64(left),
                prefix: "run-\(journal.end.rawValue)-")
            let load = Load.tokens(min(left, 20_000), perBody: 16, from: &stream)
            try Ingest.run(load, into: journal, clients: 256, threads: settings.threads)
            left -= load.events
        }
    }

    /// The most memory that the process has held so far.
    private func residentPeak() throws -> Double {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
        guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { throw BenchmarkError("/proc/self/status does not tell the memory") }
        return kilobytes / 1024
    }
}
