import Journal
import Replay

/// A tape, as a file to import or replay.
struct TapeFile {
    private static let pageBytesMax = 1 << 20

    let path: String

    /// Makes sure that it can be read.
    ///
    /// - Throws: ``JournalError``.
    func check() throws {
        _ = try JournalView(tape: path)
    }

    /// Hands the events to `body` as lines of NDJSON, piece by piece; the id of each says where it
    /// was recorded first.
    ///
    /// What is missing is told on standard error.
    ///
    /// - Throws: ``JournalError`` when it cannot be read, and what `body` throws.
    func read(_ body: ([UInt8]) async throws -> Void) async throws {
        let view = try JournalView(tape: path)
        var cursor = Cursor.start
        var isAtEnd = false
        while !isAtEnd {
            let page = try view.read(
                .everything, from: cursor, bytesMax: TapeFile.pageBytesMax)
            (cursor, isAtEnd) = (page.cursor, page.isAtEnd)
            var lines: [UInt8] = []
            for item in page.items {
                switch item {
                case .record(var record):
                    let origin = record.origin.flatMap { $0.epoch == nil ? nil : $0 }
                    if let origin { record.offset = origin.offset }
                    record.appendLine(epoch: origin?.epoch ?? view.epochs.current, to: &lines)
                    lines.append(UInt8(ascii: "\n"))
                case .gap(let gap):
                    StandardError.write("tapedeck: \(path): \(gap.sentence)\n")
                }
            }
            if !lines.isEmpty { try await body(lines) }
        }
        if !view.isWhole {
            StandardError.write(
                "tapedeck: \(path): the tape was cut short; what is whole of it was read\n")
        }
    }
}

extension JournalView {
    /// The run that is named, or the only one of this tape.
    ///
    /// - Throws: ``Failure`` when there is none, or when there are several and none is named.
    func run(named name: String?, of tape: String) throws -> RunID {
        let runs = runs(limit: .max, before: nil, matching: nil).map(\.run)
        if let name {
            let run = try RunID(argument: name)
            guard runs.contains(run) else { throw Failure("\(tape): there is no run \(run)") }
            return run
        }
        guard let run = runs.first else { throw Failure("\(tape): the tape holds no events") }
        guard runs.count == 1 else {
            throw Failure("\(tape): this holds \(runs.count) runs; name one before --tape")
        }
        return run
    }
}
