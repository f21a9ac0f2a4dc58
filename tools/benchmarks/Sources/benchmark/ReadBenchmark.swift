import Foundation
import Journal

/// Reading all of a journal in order, on one thread.
struct ReadBenchmark {
    let settings: Settings

    func run() throws {
        var stream = TokenStream(text: settings.text, runs: 8, seed: 4)
        let events = settings.isQuick ? 200_000 : 1_000_000
        try measure(Load.tokens(events, perBody: 16, from: &stream))
        let messages = try Load.messages(settings.messages, perBody: 16)
        if messages.dataBytes > 0 {
            try measure(messages, laps: max(1, (64 << 20) / messages.dataBytes))
        }
    }

    private func measure(_ load: Load, laps: Int = 1) throws {
        let journal = try settings.open("read", files: NotingFileSystem(isSynced: false))
        for lap in 0..<laps {
            try Ingest.run(
                load, into: journal, clients: 64, threads: settings.threads,
                run: laps > 1 ? RunID("lap-\(lap)") : nil)
        }
        let recorded = journal.end.rawValue
        try journal.close()
        var rates: [Double] = []
        for _ in 0..<settings.rounds + 1 {
            let view = try JournalView(settings.path("read"))
            var bytes = 0
            var count: UInt64 = 0
            let cost = try Cost.of {
                var cursor = Cursor.start
                while true {
                    let page = try view.read(.everything, from: cursor, bytesMax: 256 << 10)
                    for case .record(let record) in page.items {
                        bytes += record.data.count
                        count += 1
                    }
                    cursor = page.cursor
                    if page.isAtEnd { break }
                }
            }
            guard count == recorded else {
                throw BenchmarkError("\(count) of \(recorded) events were read")
            }
            rates.append(Double(bytes) / cost.cpu / 1e9)
        }
        // The first round brings the files into memory.
        Figures.print("read_\(load.name)", runs: Array(rates.dropFirst()), "GB/s")
    }
}
