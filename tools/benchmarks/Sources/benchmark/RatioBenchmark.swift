import Foundation
import Journal

/// How many bytes of data one byte on disk stands for, whatever the journal keeps counted: headers,
/// footers, MANIFEST, mark and catalog.
struct RatioBenchmark {
    let settings: Settings

    func run() throws {
        let events = settings.isQuick ? 50_000 : 200_000
        for (name, identifiers) in [
            ("tokens", TokenStream.Identifiers.perMessage), ("tokens_own_ids", .perEvent),
        ] {
            for perCommit in [1, 4, 16] {
                var stream = TokenStream(
                    text: settings.text, runs: 8, seed: 3, ids: identifiers)
                try measure(
                    Load.tokens(events, perBody: perCommit, from: &stream, name: name), perCommit)
            }
        }
        for perCommit in [1, 4, 16] {
            try measure(try Load.messages(settings.messages, perBody: perCommit), perCommit)
        }
    }

    private func measure(_ load: Load, _ perCommit: Int) throws {
        // Syncs change no byte of what is written, and would take minutes.
        let journal = try settings.open("ratio", files: NotingFileSystem(isSynced: false))
        try Ingest.run(load, into: journal, clients: 1, threads: 1)
        let recorded = journal.end.rawValue
        guard recorded == UInt64(load.events) else {
            throw BenchmarkError("\(recorded) of \(load.events) events were recorded")
        }
        try journal.close()
        let stored = try settings.bytes("ratio")
        let segments = try settings.segmentBytes("ratio", max: .max).count
        let name = "ratio_\(load.name)_\(perCommit)"
        Figures.print(name, Double(load.dataBytes) / Double(stored), "x")
        Figures.print(name + "_segments", Double(load.dataBytes) / Double(segments), "x")
        if perCommit == 1 {
            Figures.print(
                "bytes_\(load.name)", Double(load.dataBytes) / Double(load.events), "bytes/event")
        }
    }
}
