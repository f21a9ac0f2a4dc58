import Testing

@testable import Journal

@Suite("Scrub schedule")
struct ScrubScheduleTests {
    private let interval: UInt64 = 1000

    private func offsets(_ numbers: UInt64...) -> [Offset] {
        numbers.map { Offset(rawValue: $0) }
    }

    private func schedule(from place: UInt64 = 0) -> ScrubSchedule {
        ScrubSchedule(intervalMicroseconds: interval, from: Offset(rawValue: place))
    }

    /// The turns until there is nothing to do, at one moment.
    private func turns(_ schedule: inout ScrubSchedule, _ bases: [Offset], at now: UInt64)
        -> [ScrubSchedule.Turn]
    {
        var turns: [ScrubSchedule.Turn] = []
        while turns.count < 100 {
            turns.append(schedule.turn(bases, atMicroseconds: now))
            if case .rest = turns.last { break }
        }
        return turns
    }

    private func checks(_ numbers: UInt64...) -> [ScrubSchedule.Turn] {
        numbers.map { .check(Offset(rawValue: $0)) }
    }

    @Test("a pass takes each segment once, from a place on and around")
    func around() {
        for (place, order) in [(0, [0, 5, 9]), (1, [5, 9, 0]), (9, [9, 0, 5]), (10, [0, 5, 9])]
            as [(UInt64, [UInt64])]
        {
            var schedule = schedule(from: place)
            #expect(
                turns(&schedule, offsets(0, 5, 9), at: 7)
                    == order.map { .check(Offset(rawValue: $0)) }
                    + [.passed, .rest(untilMicroseconds: 1007)])
        }
    }

    @Test("the next pass begins an interval after the last began, or at once where that is past")
    func passes() {
        var schedule = schedule()
        let bases = offsets(0, 5)
        _ = turns(&schedule, bases, at: 7)
        #expect(schedule.turn(bases, atMicroseconds: 1006) == .rest(untilMicroseconds: 1007))
        #expect(schedule.turn(bases, atMicroseconds: 1007) == .check(Offset(rawValue: 5)))
        #expect(
            turns(&schedule, bases, at: 5000)
                == checks(0) + [.passed] + checks(0, 5) + [.passed, .rest(untilMicroseconds: 6000)])
    }

    @Test("a segment that is sealed during a pass is part of it, and one after it is taken at once")
    func sealed() {
        var schedule = schedule()
        #expect(schedule.turn(offsets(0), atMicroseconds: 1) == .check(.zero))
        #expect(
            turns(&schedule, offsets(0, 5), at: 2)
                == checks(5) + [.passed, .rest(untilMicroseconds: 1001)])
        #expect(
            turns(&schedule, offsets(0, 5, 9), at: 3)
                == checks(9) + [.rest(untilMicroseconds: 1001)])
    }

    @Test("segments that are gone are passed over, and taken if they come back")
    func gone() {
        var schedule = schedule()
        #expect(schedule.turn(offsets(0, 5, 9), atMicroseconds: 1) == .check(.zero))
        #expect(
            turns(&schedule, offsets(9), at: 2)
                == checks(9) + [.passed, .rest(untilMicroseconds: 1001)])
        #expect(schedule.turn(offsets(0, 9), atMicroseconds: 3) == .check(.zero))
    }

    @Test("a segment that is put back is taken again, and the pass does not end without it")
    func putBack() {
        var schedule = schedule()
        #expect(schedule.turn(offsets(3), atMicroseconds: 1) == checks(3)[0])
        schedule.putBack(Offset(rawValue: 3))
        #expect(
            turns(&schedule, offsets(3), at: 2)
                == checks(3) + [.passed, .rest(untilMicroseconds: 1001)])
    }

    @Test("over no segments there is a pass too")
    func nothing() {
        var schedule = schedule()
        #expect(turns(&schedule, [], at: 1) == [.passed, .rest(untilMicroseconds: 1001)])
    }
}
