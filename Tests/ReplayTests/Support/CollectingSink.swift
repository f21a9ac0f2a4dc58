import Journal
import Replay

/// A sink that notes what came when, and may do something at each write.
final class CollectingSink: ReplaySink {
    private let clock: ManualClock
    private let onWrite: (CollectingSink) throws -> Void
    private(set) var items: [ReadPage.Item] = []
    private(set) var batches: [Int] = []
    private(set) var times: [UInt64] = []
    private(set) var laps: [UInt64] = []
    private(set) var finishes = 0

    init(_ clock: ManualClock, onWrite: @escaping (CollectingSink) throws -> Void = { _ in }) {
        self.clock = clock
        self.onWrite = onWrite
    }

    func begin(lap number: UInt64) {
        laps.append(number)
    }

    func write(_ batch: [ReadPage.Item]) async throws {
        items += batch
        batches.append(batch.count)
        times += batch.map { _ in clock.now() }
        try onWrite(self)
    }

    func finish() async throws {
        finishes += 1
    }
}
