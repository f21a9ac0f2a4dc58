import Foundation
import Journal

/// A journal of many events, for what is to cost the same however long it is.
struct LongJournal {
    let settings: Settings
    let name: String

    /// Records `events` tokens of `runs` runs; so many of these speak at a time, and once each of
    /// them has said its part, the next ones do.
    func record(_ events: Int, runs: Int, atATime: Int) throws {
        let journal = try settings.open(name, files: NotingFileSystem(isSynced: false))
        let parts = runs / atATime
        for part in 0..<parts {
            var stream = TokenStream(
                text: settings.text, runs: atATime, seed: UInt64(5 + part), picksInTurn: true,
                prefix: "run-\(part)-")
            var left = events / parts
            while left > 0 {
                let load = Load.tokens(min(left, 100_000), perBody: 64, from: &stream)
                try Ingest.run(load, into: journal, clients: 256, threads: settings.threads)
                left -= load.events
            }
        }
        let recorded = journal.end.rawValue
        try journal.close()
        guard recorded == UInt64(events / parts * parts) else {
            throw BenchmarkError("\(recorded) of \(events) events were recorded")
        }
    }

    /// Asks the kernel to forget what it has of the journal's files.
    func cool() throws {
        let folder = settings.path(name) + "/segments/"
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let descriptor = unsafe Glibc.open(folder + file, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw BenchmarkError("\(file) cannot be opened") }
            fdatasync(descriptor)
            posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
            close(descriptor)
        }
    }
}
