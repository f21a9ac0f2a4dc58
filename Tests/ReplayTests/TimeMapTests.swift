import Journal
import Replay
import Testing

@Suite("The time map")
struct TimeMapTests {
    private static let speeds = ["0.1", "0.3", "1", "7", "33.333333", "999.999999", "1000"]

    private func places(_ stamps: [Int64], idleLimit: UInt64? = nil) -> [UInt64] {
        var map = TimeMap(
            speed: .original, idleLimit: idleLimit.map { PlaybackDuration(microseconds: $0) })
        return stamps.enumerated().map { map.place(record(UInt64($0), at: $1)) }
    }

    @Test("records stand at their distances from the first")
    func positions() {
        #expect(places([5, 5, 8, 100]) == [0, 0, 3, 95])
        #expect(places([7]) == [0])
    }

    @Test("stamps that go back take no time, and the next distance counts from there")
    func stampsGoBack() {
        #expect(places([10, 20, 5, 6, 30]) == [0, 10, 10, 11, 35])
    }

    @Test("pauses are cut to the idle limit in original time")
    func idleLimit() {
        #expect(places([0, 9, 19, 30, 31], idleLimit: 10) == [0, 9, 19, 29, 30])
        #expect(places([0, 9, 19], idleLimit: 0) == [0, 0, 0])
        var map = TimeMap(
            speed: Speed(millionths: 2_000_000) ?? .max,
            idleLimit: PlaybackDuration(microseconds: 10))
        map.anchor(map.place(record(0, at: 0)), at: 500)
        #expect(map.deadline(of: map.place(record(1, at: 1000))) == 500 + 10_000 / 2)
    }

    @Test("within one boot the monotonic clock tells the distance, not the wall's")
    func monotonic() {
        var map = TimeMap(speed: .original)
        var first = record(0, at: 0)
        var second = record(1, at: 0)
        first.eventTime = nil
        second.eventTime = nil
        second.ingest.wall = moment(-3_600_000_000)
        second.ingest.monotonicMicroseconds = 250
        #expect(map.place(first) == 0)
        #expect(map.place(second) == 250)
    }

    @Test("an hour of 100,000 events does not drift, at any speed", arguments: speeds)
    func exactness(speed: String) throws {
        let speed = try Speed(parsing: speed)
        let millionths = UInt128(try #require(speed.millionths))
        var map = TimeMap(speed: speed)
        let anchor: UInt64 = 987_654_321
        for index in 0..<UInt64(100_000) {
            // 36,000 µs apart on average, by no round number: 0, 7, 14 … 71,999 µs and around.
            let stamp = index * 36_000 + index * 7 % 1009
            let position = map.place(record(index, at: Int64(stamp)))
            if index == 0 { map.anchor(position, at: anchor) }
            let deadline = UInt128(map.deadline(of: position) - anchor)
            // The first whole nanosecond that is not too early.
            let exact = UInt128(stamp) * 1000 * 1_000_000
            guard deadline * millionths >= exact,
                deadline == 0 || (deadline - 1) * millionths < exact
            else {
                Issue.record("record \(index) is due at \(deadline), which is wrong")
                return
            }
        }
    }

    @Test("what the clock shows is the inverse of the deadlines", arguments: speeds)
    func inverse(speed: String) throws {
        var map = TimeMap(speed: try Speed(parsing: speed))
        map.anchor(0, at: 1000)
        for position: UInt64 in [1, 2, 999, 1_000_000, 3_600_000_000] {
            let deadline = map.deadline(of: position)
            #expect(map.position(at: deadline) >= position)
            #expect(map.position(at: deadline - 1) < position)
        }
        #expect(map.position(at: 0) == 0)
    }

    @Test("a change of speed keeps what the clock shows")
    func changesSpeed() throws {
        var map = TimeMap(speed: .original)
        map.anchor(0, at: 0)
        map.change(to: try Speed(parsing: "10"), at: 1_000_000_000)
        #expect(map.position(at: 1_000_000_000) == 1_000_000)
        #expect(map.deadline(of: 11_000_000) == 2_000_000_000)
        map.change(to: try Speed(parsing: "0.1"), at: 2_000_000_000)
        #expect(map.deadline(of: 11_500_000) == 7_000_000_000)
    }

    @Test("a thousand changes of speed lose less than 10 µs")
    func manyChanges() throws {
        var map = TimeMap(speed: .original)
        map.anchor(0, at: 0)
        let slow = try Speed(parsing: "0.1")
        let fast = try Speed(parsing: "7.777777")
        var now: UInt64 = 0
        var shown: UInt128 = 0
        for index in 0..<1000 {
            let speed = index.isMultiple(of: 2) ? slow : fast
            map.change(to: speed, at: now)
            now += 1_234_567
            shown += 1_234_567 * UInt128(try #require(speed.millionths))
        }
        let exact = UInt64(shown / 1_000_000 / 1000)
        #expect(map.position(at: now) <= exact)
        #expect(map.position(at: now) + 1 >= exact)
    }

    @Test("at max everything is due at the anchor")
    func max() {
        var map = TimeMap(speed: .max)
        map.anchor(0, at: 77)
        #expect(map.deadline(of: .max) == 77)
    }

    @Test("wild stamps reach the end of time and stay there")
    func wildStamps() throws {
        var map = TimeMap(speed: try Speed(parsing: "0.1"))
        map.anchor(0, at: 5)
        var before: UInt64 = 0
        for index in 0..<UInt64(100) {
            let stamp: Int64 = index.isMultiple(of: 2) ? -1_700_000_000_000_000 : .max / 2
            let deadline = map.deadline(of: map.place(record(index, at: stamp)))
            #expect(deadline >= before)
            #expect(deadline <= TimeMap.deadlineMax)
            before = deadline
        }
        map.shift(nanoseconds: .max)
        #expect(map.deadline(of: .max) == TimeMap.deadlineMax)
    }

    @Test("a deadline before the clock runs is a mistake")
    func notAnchored() async {
        await #expect(processExitsWith: .failure) {
            _ = TimeMap(speed: .original).deadline(of: 0)
        }
    }
}
