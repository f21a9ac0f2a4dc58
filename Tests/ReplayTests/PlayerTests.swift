import Journal
import Replay
import Testing

@Suite("The player")
struct PlayerTests {
    private let second: UInt64 = 1_000_000_000

    private func player(
        _ stamps: [Int64], speed: Speed = .original, idleLimit: PlaybackDuration? = nil
    ) -> Player {
        var player = Player(ReplayPlan(selection: .all, speed: speed, idleLimit: idleLimit))
        player.offer(page(records(at: stamps.map { $0 * 1_000_000 })))
        player.close()
        return player
    }

    @Test("the first record is due at once and the others at their distances")
    func paces() {
        var player = player([7, 8, 10, 10])
        var now: UInt64 = 500
        #expect(
            player.drive(now: &now) == [
                Emission(items: [0], time: 500), Emission(items: [1], time: 500 + second),
                Emission(items: [2, 3], time: 500 + 3 * second),
            ])
        #expect(player.state == .ended)
        #expect(player.report.records == 4)
        #expect(player.report.lagMaxNanoseconds == 0)
        #expect(player.report.achievedSpeed == 1)
    }

    @Test("late records go out at once and in order, and the next are on time again")
    func catchesUp() {
        var player = player([0, 1, 2, 3, 10])
        var now: UInt64 = 0
        _ = player.next(now: now)
        now = 4 * second
        #expect(
            player.drive(now: &now) == [
                Emission(items: [1, 2, 3], time: 4 * second),
                Emission(items: [4], time: 10 * second),
            ])
        #expect(player.report.lagMaxNanoseconds == 3 * second)
        #expect(player.report.lagLastNanoseconds == 0)
    }

    @Test("a source that is late makes records late, and shifts nothing")
    func lateSource() {
        var player = Player(ReplayPlan(selection: .all))
        var now: UInt64 = 0
        player.offer(page([.record(record(0, at: 0))]))
        #expect(player.drive(now: &now) == [Emission(items: [0], time: 0)])
        guard case .needRecords = player.next(now: now) else {
            Issue.record("it must ask for records")
            return
        }
        now = 3 * second
        player.offer(
            page([.record(record(1, at: 1_000_000)), .record(record(2, at: 4_000_000))]))
        player.close()
        #expect(
            player.drive(now: &now) == [
                Emission(items: [1], time: 3 * second), Emission(items: [2], time: 4 * second),
            ])
        #expect(player.report.lagMaxNanoseconds == 2 * second)
    }

    @Test("a pause puts off what is left of the wait")
    func pauses() {
        var player = player([0, 10])
        var now: UInt64 = 0
        _ = player.drive(now: &now, until: 4 * second)
        player.pause(now: now)
        now = 100 * second
        guard case .paused = player.next(now: now) else {
            Issue.record("it must be paused")
            return
        }
        #expect(player.position(at: now) == 4_000_000)
        player.resume(now: now)
        #expect(player.drive(now: &now) == [Emission(items: [1], time: 106 * second)])
        #expect(player.report.playedNanoseconds == 10 * second)
    }

    @Test("a player that is late when it is paused goes on at its next record")
    func pausesLate() {
        var player = player([0, 1, 2, 3])
        var now: UInt64 = 0
        _ = player.next(now: now)
        now = 30 * second
        player.pause(now: now)
        now = 50 * second
        player.resume(now: now)
        #expect(player.drive(now: &now).map(\.time) == [50, 51, 52].map { $0 * second })
    }

    @Test("a player that is paused before its first record starts when resumed")
    func startsPaused() {
        var player = player([0, 1])
        var now: UInt64 = 5
        player.pause(now: now)
        #expect(player.drive(now: &now).isEmpty)
        now = 9
        player.resume(now: now)
        #expect(player.drive(now: &now).map(\.time) == [9, 9 + second])
        #expect(player.report.playedNanoseconds == second)
    }

    @Test("a change of speed holds for what is left of the wait")
    func changesSpeed() throws {
        var player = player([0, 10, 20])
        var now: UInt64 = 0
        _ = player.drive(now: &now, until: 4 * second)
        player.change(to: try Speed(parsing: "2"), now: now)
        #expect(player.drive(now: &now).map(\.time) == [7, 12].map { $0 * second })
    }

    @Test("a change of speed while paused keeps the place")
    func changesSpeedWhilePaused() throws {
        var player = player([0, 10])
        var now: UInt64 = 0
        _ = player.drive(now: &now, until: 4 * second)
        player.pause(now: now)
        now = 50 * second
        player.change(to: try Speed(parsing: "0.5"), now: now)
        now = 60 * second
        player.resume(now: now)
        #expect(player.drive(now: &now).map(\.time) == [72 * second])
    }

    @Test("slowing down while late goes on at the next record, without a burst")
    func slowsDownWhileLate() throws {
        var player = player([0, 100, 200, 300], speed: try Speed(parsing: "100"))
        var now: UInt64 = 0
        _ = player.next(now: now)
        now = 10 * second
        player.change(to: .original, now: now)
        #expect(player.drive(now: &now).map(\.time) == [10, 110, 210].map { $0 * second })
    }

    @Test("max plays all at once, and from max to a speed the next distance holds again")
    func max() {
        var player = Player(ReplayPlan(selection: .all, speed: .max))
        var now: UInt64 = 3
        player.offer(page(records(at: [0, 5_000_000])))
        #expect(player.drive(now: &now) == [Emission(items: [0, 1], time: 3)])
        player.offer(page([.record(record(2, at: 7_000_000))]))
        player.change(to: .original, now: 10)
        player.close()
        now = 10
        #expect(player.drive(now: &now) == [Emission(items: [2], time: 10 + 2 * second)])
        player.change(to: .max, now: now)
        #expect(player.position(at: now) == 7_000_000)
    }

    @Test("a change to max lets everything go")
    func changesToMax() {
        var player = player([0, 10, 20])
        var now: UInt64 = 0
        _ = player.drive(now: &now, until: 4 * second)
        player.change(to: .max, now: now)
        #expect(player.drive(now: &now) == [Emission(items: [1, 2], time: 4 * second)])
    }

    @Test("gaps go out with the record after them, and those at the end at once")
    func gaps() {
        var player = Player(ReplayPlan(selection: .all))
        var now: UInt64 = 0
        player.offer(page([gap(1...1), .record(record(2, at: 0)), gap(3...3)]))
        #expect(player.drive(now: &now) == [Emission(items: [-1, 2], time: 0)])
        player.offer(page([gap(4...4), .record(record(5, at: 1_000_000)), gap(6...6)]))
        #expect(player.drive(now: &now) == [Emission(items: [-3, -4, 5], time: second)])
        player.close()
        #expect(player.drive(now: &now) == [Emission(items: [-6], time: second)])
        #expect(player.state == .ended)
        #expect(player.report.gaps == 4)
        #expect(player.report.records == 2)
    }

    @Test("nothing, one record, and equal stamps end as they should")
    func smallest() {
        var now: UInt64 = 8
        var nothing = player([])
        #expect(nothing.drive(now: &now).isEmpty)
        #expect(nothing.state == .ended)
        var one = player([5])
        #expect(one.drive(now: &now) == [Emission(items: [0], time: 8)])
        var equal = player([5, 5, 5])
        #expect(equal.drive(now: &now) == [Emission(items: [0, 1, 2], time: 8)])
        #expect(equal.report.recordsPerSecond == 0)
    }

    @Test("a player takes nothing after its window has ended")
    func closes() {
        var player = Player(
            ReplayPlan(
                selection: .all,
                window: ReplayWindow(start: .beginning, end: .before(Offset(rawValue: 1)))))
        var now: UInt64 = 0
        player.offer(page(records(at: [0, 1, 2])))
        #expect(player.isClosed)
        player.offer(page([.record(record(3, at: 3))]))
        #expect(player.drive(now: &now) == [Emission(items: [0], time: 0)])
        #expect(player.state == .ended)
    }

    @Test("laps follow each other without drift, and one that takes no time with a pause")
    func laps() throws {
        var player = player([0, 1, 3], speed: try Speed(parsing: "2"))
        var now: UInt64 = 0
        _ = player.drive(now: &now)
        now += 5
        player.restart(ReplayWindow(start: .beginning, end: .before(Offset(rawValue: 1))))
        player.offer(page(records(at: [0, 1])))
        #expect(player.drive(now: &now) == [Emission(items: [0], time: 3 * second / 2 + 5)])
        #expect(player.report.lagLastNanoseconds == 5)
        player.restart(ReplayWindow(start: .beginning, end: .never))
        player.offer(page(records(at: [0])))
        #expect(player.drive(now: &now) == [Emission(items: [0], time: 5 * second / 2)])
    }

    @Test("a lap's first record is due with the last of the lap before, whatever their stamps")
    func lapsOfStampsThatGoBack() {
        let stamps: [Int64] = [0, 4_000_000, 1_000_000, 2_000_000]
        let plan = ReplayPlan(
            selection: .all, window: ReplayWindow(start: .after(.init(after: .zero)), end: .never))
        var player = Player(plan)
        var now: UInt64 = 0
        for lap: UInt64 in 0..<3 {
            player.offer(page(records(at: stamps)))
            player.close()
            #expect(
                player.drive(now: &now) == [
                    Emission(items: [1, 2], time: lap * second),
                    Emission(items: [3], time: (lap + 1) * second),
                ])
            player.restart(plan.window)
        }
    }

    @Test("a lap that begins before the one before has ended is a mistake")
    func restartsTooEarly() async {
        await #expect(processExitsWith: .failure) {
            var player = Player(ReplayPlan(selection: .all))
            player.restart(ReplayWindow(start: .beginning, end: .never))
        }
    }
}
