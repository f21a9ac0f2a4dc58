import Journal
@testable import Replay
import Testing

@Suite("The replayer")
struct ReplayerTests {
    private struct Planted: Error {}

    private let second: UInt64 = 1_000_000_000

    private func seconds(_ stamps: [Int64]) -> [ReadPage.Item] {
        records(at: stamps.map { $0 * 1_000_000 })
    }

    @Test("records reach the sink at their times, over pages", arguments: [false, true])
    func plays(isSparse: Bool) async throws {
        let clock = ManualClock(now: 0)
        let sink = CollectingSink(clock)
        let source = ListSource(seconds([0, 1, 1, 2, 5, 5, 9]), isSparse: isSparse)
        let report = try await Replayer(
            ReplayPlan(selection: .all), source: source, clock: clock
        ).run(into: sink)
        #expect(short(sink.items) == Array(0...6))
        #expect(sink.times == [0, 1, 1, 2, 5, 5, 9].map { $0 * second })
        #expect(report.end == .finished)
        #expect(report.laps == 1)
        #expect(report.playback.records == 7)
        #expect(report.playback.achievedSpeed == 1)
        #expect(sink.finishes == 1)
        #expect(sink.laps == [0])
    }

    @Test("a clock that oversleeps makes records late by that much and no more")
    func oversleeps() async throws {
        let clock = ManualClock(now: 0, oversleep: 300_000)
        let sink = CollectingSink(clock)
        let report = try await Replayer(
            ReplayPlan(selection: .all), source: ListSource(seconds(Array(0..<100))), clock: clock
        ).run(into: sink)
        #expect(sink.times.last == 99 * second + 300_000)
        #expect(report.playback.lagMaxNanoseconds == 300_000)
        #expect(report.playback.lagLastNanoseconds == 300_000)
    }

    @Test("a slow sink loses nothing and learns of everything in order")
    func slowSink() async throws {
        let clock = ManualClock(now: 0)
        let sink = CollectingSink(clock) { _ in clock.advance(3_500_000_000) }
        let report = try await Replayer(
            ReplayPlan(selection: .all),
            source: ListSource(seconds(Array(0..<20)), itemsPerPage: 50),
            clock: clock
        ).run(into: sink)
        #expect(short(sink.items) == Array(0..<20))
        #expect(sink.batches.count < 10)
        #expect(report.playback.lagMaxNanoseconds > second)
    }

    @Test("at max whole pages go out, and nobody sleeps")
    func max() async throws {
        let clock = ManualClock()
        let sink = CollectingSink(clock)
        _ = try await Replayer(
            ReplayPlan(selection: .all, speed: .max),
            source: ListSource(seconds(Array(0..<10)), itemsPerPage: 4), clock: clock
        ).run(into: sink)
        #expect(sink.batches == [4, 4, 2])
        #expect(clock.sleeps.isEmpty)
    }

    @Test("no more than one page is read ahead")
    func readsAhead() async throws {
        let clock = ManualClock()
        let source = ListSource(seconds(Array(0..<100)), itemsPerPage: 5)
        let sink = CollectingSink(clock) { sink in
            #expect(source.furthest <= (sink.items.count + 4) / 5 * 5 + 5)
        }
        _ = try await Replayer(ReplayPlan(selection: .all), source: source, clock: clock)
            .run(into: sink)
        #expect(sink.items.count == 100)
        #expect(source.reads == 20)
    }

    @Test("pages without items are read over ahead of time")
    func readsOverEmptyPages() async throws {
        let source = ListSource(seconds([0, 1, 2]), itemsPerPage: 2, isSparse: true)
        let reader = RecordReader(source, selection: .all, pageBytesMax: 1)
        let first = try await reader.page(from: .start)
        #expect(short(first.items) == [0, 1])
        let second = try await reader.page(from: first.cursor)
        #expect(short(second.items) == [2])
        #expect(second.isAtEnd)
        #expect(source.reads == 4)
    }

    @Test("reading stops at the window's end")
    func stopsReading() async throws {
        let clock = ManualClock()
        let source = ListSource(seconds(Array(0..<100)), itemsPerPage: 5)
        let sink = CollectingSink(clock)
        let plan = try ReplayPlan(
            selection: .all, from: PlaybackPosition(parsing: "2"),
            until: PlaybackPosition(parsing: "7"), source: source
        ) { Cursor(after: $0.offset) }
        _ = try await Replayer(plan, source: source, clock: clock).run(into: sink)
        #expect(short(sink.items) == [3, 4, 5, 6, 7])
        #expect(source.reads == 1)
    }

    @Test("a run without records finishes at once, also in a loop", arguments: [false, true])
    func nothing(loops: Bool) async throws {
        let clock = ManualClock()
        let sink = CollectingSink(clock)
        let report = try await Replayer(
            ReplayPlan(selection: .all), source: ListSource([]), loops: loops, clock: clock
        ).run(into: sink)
        #expect(report.end == .finished)
        #expect(report.laps == 1)
        #expect(sink.items.isEmpty)
        #expect(sink.finishes == 1)
    }

    @Test("a loop plays lap after lap without drift, until it is cancelled")
    func loops() async throws {
        let clock = ManualClock(now: 0)
        let sink = CollectingSink(clock) { sink in
            if sink.items.count == 9 { cancelCurrentTask() }
        }
        let report = try await Replayer(
            ReplayPlan(selection: .all), source: ListSource(seconds([0, 1, 3])), loops: true,
            clock: clock
        ).run(into: sink)
        #expect(short(sink.items) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        #expect(sink.times == [0, 1, 3, 3, 4, 6, 6, 7, 9].map { $0 * second })
        #expect(sink.laps == [0, 1, 2])
        #expect(report.end == .cancelled)
        #expect(report.laps == 3)
        #expect(sink.finishes == 1)
    }

    @Test("a replay that is cancelled stops and finishes its sink", arguments: ["1", "max"])
    func cancels(speed: String) async throws {
        let clock = ManualClock(now: 0)
        let sink = CollectingSink(clock) { sink in
            if sink.items.count >= 4 { cancelCurrentTask() }
        }
        let report = try await Replayer(
            ReplayPlan(selection: .all, speed: try Speed(parsing: speed)),
            source: ListSource(seconds(Array(0..<50)), itemsPerPage: 2), clock: clock
        ).run(into: sink)
        #expect(report.end == .cancelled)
        #expect(short(sink.items) == [0, 1, 2, 3])
        #expect(sink.finishes == 1)
    }

    @Test("what the sink throws ends the replay")
    func sinkFails() async throws {
        let clock = ManualClock()
        let sink = CollectingSink(clock) { _ in throw Planted() }
        await #expect(throws: Planted.self) {
            try await Replayer(
                ReplayPlan(selection: .all), source: ListSource(seconds([0, 1])), clock: clock
            ).run(into: sink)
        }
        #expect(sink.items.count == 1)
    }

    @Test("what the source throws ends the replay, after what came before is out")
    func sourceFails() async throws {
        let clock = ManualClock()
        let sink = CollectingSink(clock)
        let error = await #expect(throws: JournalError.self) {
            try await Replayer(
                ReplayPlan(selection: .all),
                source: ListSource(seconds(Array(0..<9)), failsAt: 6), clock: clock
            ).run(into: sink)
        }
        #expect(error?.code == .io)
        #expect(short(sink.items) == Array(0..<6))
    }

    @Test("the monotonic clock does not wait for what is past, and heeds cancellation")
    func monotonicClock() async throws {
        let clock = MonotonicClock()
        let now = clock.now()
        try await clock.sleep(until: now)
        #expect(clock.now() >= now)
        let sleeper = Task { try await clock.sleep(until: .max) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}

/// Cancels the task that calls it.
private func cancelCurrentTask() {
    unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
}
