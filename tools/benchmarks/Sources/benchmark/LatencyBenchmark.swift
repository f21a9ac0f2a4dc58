import Foundation
import Journal
import Synchronization

/// How long an acknowledgement takes at 5,000 events a second, each a request of its own, sent when
/// it is due whatever became of those before.
struct LatencyBenchmark {
    let settings: Settings
    private static let rate = 5000

    func run() throws {
        let events = LatencyBenchmark.rate * (settings.isQuick ? 3 : 10)
        var stream = TokenStream(text: settings.text, runs: 8, seed: 2)
        let load = Load.tokens(events, perBody: 1, from: &stream)
        var p50: [Double] = []
        var p99: [Double] = []
        var probe: Probe?
        for _ in 0..<settings.rounds {
            let files = NotingFileSystem()
            let journal = try settings.open("latency", files: files)
            _ = files.takeNotes()
            let latencies = Mutex<[Double]>([])
            let interval = 1 / Double(LatencyBenchmark.rate)
            let start = Cost.seconds
            for (number, body) in load.bodies.enumerated() {
                Self.sleep(until: start + Double(number) * interval)
                let drafts = try Ingest.drafts(of: body)
                let sent = Cost.seconds
                journal.submit(drafts) { _ in
                    let taken = Cost.seconds - sent
                    latencies.withLock { $0.append(taken) }
                }
            }
            while latencies.withLock({ $0.count }) < events {
                Self.sleep(until: Cost.seconds + 0.01)
            }
            let notes = files.takeNotes()
            try journal.close()
            let all = latencies.withLock { $0 }
            p50.append(all.percentile(50) * 1e3)
            p99.append(all.percentile(99) * 1e3)
            let source = try settings.segmentBytes("latency", max: 64 << 20)
            let raw = try Probe.run(notes.writes, of: source, in: settings.directory, secondsMax: 5)
            probe = Probe(
                syncs: (probe?.syncs ?? []) + raw.syncs, wall: 0, bytes: 0)
        }
        Figures.print("ack_p50", runs: p50, "ms")
        Figures.print("ack_p99", runs: p99, "ms")
        guard let probe else { return }
        Figures.print("ack_probe_sync_mean", probe.syncs.mean * 1e3, "ms")
        Figures.print("ack_probe_sync_p99", probe.syncs.percentile(99) * 1e3, "ms")
    }

    private static func sleep(until time: Double) {
        let rest = time - Cost.seconds
        if rest > 0 { usleep(UInt32(rest * 1e6)) }
    }
}
