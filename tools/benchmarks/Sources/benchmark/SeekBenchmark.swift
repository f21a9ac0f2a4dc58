import Foundation
import Journal

/// Where a reader begins in the midst of ten million events, and how long one run takes among a
/// thousand.
struct SeekBenchmark {
    let settings: Settings
    private static let runs = 1000

    func run() throws {
        let events = settings.isQuick ? 1_000_000 : 10_000_000
        let interleaved = LongJournal(settings: settings, name: "interleaved")
        let cost = try Cost.of {
            try interleaved.record(events, runs: Self.runs, atATime: Self.runs)
        }
        Figures.print("long_events", Double(events), "")
        Figures.print("long_append", Double(events) / cost.wall, "events/s")
        try seek(interleaved, events)
        let perRun = events / Self.runs
        try readRun(interleaved, "run_interleaved", RunID("run-0-0500"), perRun)

        let turns = LongJournal(settings: settings, name: "turns")
        try turns.record(events, runs: Self.runs, atATime: 10)
        try readRun(turns, "run_ten_at_a_time", RunID("run-50-0005"), perRun)
        try turns.record(events / 10, runs: Self.runs / 10, atATime: 10)
        try readRun(turns, "run_ten_at_a_time_tenth", RunID("run-5-0005"), perRun)
        let alone = LongJournal(settings: settings, name: "alone")
        try alone.record(perRun, runs: 1, atATime: 1)
        try readRun(alone, "run_alone", RunID("run-0-0001"), perRun)
        for name in ["interleaved", "turns", "alone"] { try settings.remove(name) }
    }

    private func seek(_ journal: LongJournal, _ events: Int) throws {
        var random = SplitMix64(seed: 6)
        let view = try JournalView(settings.path(journal.name))
        func seek(in view: JournalView) throws -> Double {
            let offset = Offset(rawValue: UInt64(random.below(events)))
            let start = Cost.seconds
            let page = try view.read(.everything, from: Cursor(next: offset), bytesMax: 1)
            let taken = Cost.seconds - start
            guard page.records.first?.offset == offset else {
                throw BenchmarkError("offset \(offset) was not found")
            }
            return taken * 1e3
        }
        for _ in 0..<500 { _ = try seek(in: view) }
        let warm = try (0..<5000).map { _ in try seek(in: view) }
        Figures.print("seek_warm_p50", warm.percentile(50), "ms")
        Figures.print("seek_warm_p99", warm.percentile(99), "ms")
        let cold = try (0..<30).map { _ in
            // What is opened reads its catalog; the segments it has not seen.
            let view = try JournalView(settings.path(journal.name))
            try journal.cool()
            return try seek(in: view)
        }
        Figures.print("seek_cold_p50", cold.percentile(50), "ms")
        Figures.print("seek_cold_max", cold.percentile(100), "ms")
    }

    private func readRun(_ journal: LongJournal, _ name: String, _ run: RunID?, _ events: Int)
        throws
    {
        guard let run else { return }
        var taken: [Double] = []
        for _ in 0..<5 {
            let view = try JournalView(settings.path(journal.name))
            var count = 0
            let start = Cost.seconds
            var cursor = Cursor.start
            while true {
                let page = try view.read(.run(run), from: cursor, bytesMax: 256 << 10)
                count += page.records.count
                cursor = page.cursor
                if page.isAtEnd { break }
            }
            taken.append((Cost.seconds - start) * 1e3)
            guard count == events else {
                throw BenchmarkError("\(count) of \(events) events of \(run) were read")
            }
        }
        Figures.print(name, runs: Array(taken.dropFirst()), "ms")
    }
}
