import Journal
import Logging

/// Scrubs a journal while it is served, slowly, and tells what it finds.
final class Scrubber: Sendable {
    /// A start has other work first.
    private static let startPause = Duration.seconds(2)
    /// How soon a segment that was just sealed is noticed.
    private static let restMax = Duration.seconds(10)

    private let journal: Journal
    private let plan: ScrubPlan
    private let logger: Logger
    private let random: UInt64
    private let now: @Sendable () -> IngestTime
    private let pause: @Sendable (Duration) async throws -> Void
    private let queue = BlockingQueue("tapedeck-scrub")
    private let latest = Locked(ScrubStatus())

    /// A scrubber that reads the clocks by `now`, and waits by `pause`, which throws when it is to
    /// stop.
    init(
        _ journal: Journal, _ plan: ScrubPlan, logger: Logger, random: UInt64,
        now: @escaping @Sendable () -> IngestTime,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.journal = journal
        self.plan = plan
        self.logger = logger
        self.random = random
        self.now = now
        self.pause = pause
    }

    /// What it has done and found.
    var status: ScrubStatus { latest.withLock { $0 } }

    /// Scrubs until it is cancelled.
    func run() async {
        var scrub = Scrub(journal, intervalSeconds: plan.intervalSeconds, random: random)
        do {
            try await pause(Scrubber.startPause)
            while true {
                let started = now()
                let (next, step) = await queue.run { [scrub] in
                    var next = scrub
                    let step = next.step(at: started)
                    return (next, step)
                }
                scrub = next
                tell(scrub.status)
                try await pause(rest(after: step, since: started))
            }
        } catch {
            // Cancelled.
        }
    }

    private func rest(after step: Scrub.Step, since started: IngestTime) -> Duration {
        let now = now().monotonicMicroseconds
        switch step {
        case .read(let bytes):
            let took = now - min(started.monotonicMicroseconds, now)
            return plan.rest(after: bytes, took: .microseconds(Int64(took)))
        case .rest(let end):
            return min(.microseconds(Int64(clamping: end - min(now, end))), Scrubber.restMax)
        }
    }

    /// Logs what is new, and shows all.
    private func tell(_ status: ScrubStatus) {
        let known = Set(latest.withLock { $0.findings })
        for finding in status.findings where !known.contains(finding) {
            logger.error("scrub: \(finding.text)")
        }
        latest.withLock { $0 = status }
    }
}
