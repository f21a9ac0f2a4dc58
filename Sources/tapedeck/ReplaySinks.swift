import Journal
import Replay
import StreamServer

/// Writes records as lines of NDJSON, and says where some are missing.
final class LineSink: ReplaySink {
    private let output: OutputFile
    private let epoch: Epoch?
    private var rewriter: RunRewriter?

    init(output: OutputFile, epoch: Epoch?, rewriter: RunRewriter?) {
        self.output = output
        self.epoch = epoch
        self.rewriter = rewriter
    }

    func begin(lap number: UInt64) {
        rewriter?.begin(lap: number)
    }

    func write(_ batch: [ReadPage.Item]) throws {
        var bytes: [UInt8] = []
        for item in batch {
            switch item {
            case .record(let record):
                let shown = rewriter?.rewrite(record) ?? record
                shown.appendLine(epoch: epoch, to: &bytes)
                bytes.append(UInt8(ascii: "\n"))
            case .gap(let gap):
                StandardError.write("tapedeck: \(gap.sentence)\n")
            }
        }
        if !bytes.isEmpty { try output.write(bytes) }
    }

    func finish() {}
}

/// Posts records to a server, and says where some are missing.
final class BroadcastSink: ReplaySink {
    private let client: BroadcastClient
    private var rewriter: RunRewriter?

    init(client: BroadcastClient, rewriter: RunRewriter?) {
        self.client = client
        self.rewriter = rewriter
    }

    func begin(lap number: UInt64) {
        rewriter?.begin(lap: number)
    }

    func write(_ batch: [ReadPage.Item]) async throws {
        var records: [Record] = []
        for item in batch {
            switch item {
            case .record(let record):
                // The journal's own notes are no events of the upstream, and would be refused.
                guard !record.type.isReserved else { continue }
                records.append(rewriter?.rewrite(record) ?? record)
            case .gap(let gap):
                StandardError.write("tapedeck: \(gap.sentence)\n")
            }
        }
        if !records.isEmpty { try await client.post(records) }
    }

    func finish() {}
}

/// Records what is replayed as if it were said now.
final class JournalSink: ReplaySink {
    private let journal: Journal
    private var rewriter: RunRewriter?

    /// Nil for a run whose names and times are to stay.
    init(journal: Journal, rewriter: RunRewriter?) {
        self.journal = journal
        self.rewriter = rewriter
    }

    func begin(lap number: UInt64) {
        rewriter?.begin(lap: number)
    }

    func write(_ batch: [ReadPage.Item]) async throws {
        var drafts: [Draft] = []
        for case .record(let record) in batch where !record.type.isReserved {
            let shown = rewriter?.rewrite(record, at: .now) ?? record
            drafts.append(Draft(try Event(type: shown.type, data: shown.data), run: shown.run))
        }
        if !drafts.isEmpty { _ = try await journal.append(drafts, atomically: false) }
    }

    func finish() {}
}
