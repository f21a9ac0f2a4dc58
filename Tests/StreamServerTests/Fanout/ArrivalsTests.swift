import Journal
import Testing

@testable import StreamServer

@Suite("Arrivals")
struct ArrivalsTests {
    @Test("a reader waits for the next record of its run, and not for what is there already")
    func waits() async throws {
        try await withJournal { journal in
            let arrivals = Arrivals(journal)
            let run = try runID("r")
            let later = ContinuousClock.now + .seconds(600)
            async let waiting: Void = arrivals.wait(for: run, after: .start, until: later)
            try await journal.append("{}", run: "r")
            await waiting
            // What has come already is not waited for: no record follows, yet this returns.
            await arrivals.wait(for: run, after: .start, until: later)
        }
    }

    @Test("a reader that waits for any run is let go by the next record, whatever its run")
    func anyRun() async throws {
        try await withJournal { journal in
            let arrivals = Arrivals(journal)
            let later = ContinuousClock.now + .seconds(600)
            for name in ["r", "unassigned"] {
                let cursor = Cursor(next: journal.end)
                async let waiting: Void = arrivals.wait(for: nil, after: cursor, until: later)
                try await journal.append("{}", run: name)
                await waiting
            }
        }
    }

    @Test("a reader whose task is cancelled waits no longer, before it waits or while it does")
    func cancelled() async throws {
        try await withJournal { journal in
            let arrivals = Arrivals(journal)
            let run = try runID("r")
            let later = ContinuousClock.now + .seconds(600)
            for isEarly in [true, false] {
                let task = Task { await arrivals.wait(for: run, after: .start, until: later) }
                if !isEarly { await Task.yield() }
                task.cancel()
                await task.value
            }
        }
    }

    @Test("many readers of many runs are all let go by one publication")
    func many() async throws {
        try await withJournal { journal in
            let arrivals = Arrivals(journal)
            let later = ContinuousClock.now + .seconds(600)
            let runs = try (0..<20).map { try runID("r\($0 % 4)") }
            await withTaskGroup(of: Void.self) { group in
                for run in runs {
                    group.addTask { await arrivals.wait(for: run, after: .start, until: later) }
                }
                group.addTask {
                    let drafts = (0..<4).compactMap { number in
                        RunID("r\(number)").flatMap { run in
                            (try? Event(type: .messageSent, data: Array("{}".utf8)))
                                .map { Draft($0, run: run) }
                        }
                    }
                    _ = try? await journal.append(drafts)
                }
            }
            #expect(journal.end.rawValue == 4)
        }
    }
}
