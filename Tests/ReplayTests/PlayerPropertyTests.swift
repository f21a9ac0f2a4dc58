import Journal
import Replay
import Testing

@Suite("The player, at random")
struct PlayerPropertyTests {
    /// Stamps that mostly go on, sometimes stand, jump or go back.
    private func stamps(_ generator: inout SplitMix) -> [Int64] {
        var stamp: Int64 = 0
        return (0..<Int.random(in: 0...60, using: &generator)).map { _ in
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: break
            case 1: stamp -= Int64.random(in: 0...5_000_000, using: &generator)
            case 2: stamp += Int64.random(in: 0...900_000_000, using: &generator)
            default: stamp += Int64.random(in: 0...3_000_000, using: &generator)
            }
            return stamp
        }
    }

    private func speed(_ generator: inout SplitMix) throws -> Speed {
        try #require(Speed(millionths: .random(in: 100_000...1_000_000_000, using: &generator)))
    }

    /// The offsets within a window, by its definition over the whole list.
    private func slice(_ stamps: [Int64], from: Int64?, until: Int64?) -> Range<Int> {
        let first = stamps.firstIndex { $0 >= from ?? .min } ?? stamps.count
        let last = stamps[first...].firstIndex { $0 >= until ?? .max } ?? stamps.count
        return first..<last
    }

    @Test("what goes out is the window's slice, each at its deadline", arguments: UInt64(0)..<200)
    func window(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        let stamps = stamps(&generator)
        let bounds = (stamps.min() ?? 0)...(stamps.max() ?? 0)
        let from =
            Bool.random(using: &generator) ? Int64.random(in: bounds, using: &generator) : nil
        let until =
            Bool.random(using: &generator) ? Int64.random(in: bounds, using: &generator) : nil
        let limit =
            Bool.random(using: &generator)
            ? UInt64.random(in: 0...4_000_000, using: &generator) : nil
        let speed = try speed(&generator)
        let millionths = UInt128(try #require(speed.millionths))
        let plan = ReplayPlan(
            selection: .all,
            window: ReplayWindow(
                start: from.map { .at(moment($0)) } ?? .beginning,
                end: until.map { .at(moment($0)) } ?? .never),
            speed: speed, idleLimit: limit.map { PlaybackDuration(microseconds: $0) })

        var player = Player(plan)
        let anchor = UInt64.random(in: 0...1_000_000_000_000, using: &generator)
        var now = anchor
        var rest = records(at: stamps)[...]
        var emissions: [Emission] = []
        while player.state != .ended {
            emissions += player.drive(now: &now)
            if rest.isEmpty {
                player.close()
            } else {
                let count = Int.random(in: 1...7, using: &generator)
                player.offer(page(Array(rest.prefix(count))))
                rest = rest.dropFirst(count)
            }
        }

        let expected = slice(stamps, from: from, until: until)
        #expect(emissions.flatMap(\.items) == Array(expected))
        var position: UInt128 = 0
        let times = emissions.flatMap { emission in emission.items.map { _ in emission.time } }
        for (index, time) in zip(expected, times) {
            if index > expected.lowerBound {
                let distance = max(stamps[index] - stamps[index - 1], 0)
                position += UInt128(min(UInt64(distance), limit ?? .max))
            }
            let exact = position * 1_000_000_000
            let elapsed = UInt128(time - anchor)
            #expect(elapsed * millionths >= exact, "record \(index) was early")
            #expect(
                elapsed == 0 || (elapsed - 1) * millionths < exact, "record \(index) was late")
        }
        #expect(player.report.lagMaxNanoseconds == 0)
    }

    @Test(
        "whatever is asked of a player, all goes out once, in order, and never early",
        arguments: UInt64(0)..<200)
    func inputs(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        let stamps = stamps(&generator)
        var player = Player(ReplayPlan(selection: .all, speed: try speed(&generator)))
        player.offer(page(records(at: stamps)))
        player.close()
        var positions: [UInt64] = []
        for (index, stamp) in stamps.enumerated() {
            let distance = index == 0 ? 0 : max(stamp - stamps[index - 1], 0)
            positions.append((positions.last ?? 0) + UInt64(distance))
        }

        var now = UInt64.random(in: 0...1_000_000, using: &generator)
        var seen: [Int] = []
        /// An upper bound of what the clock can show: all time played, at its speed.
        var shown: UInt128 = 0
        var steps = 0
        playing: while true {
            steps += 1
            let before = now
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: player.pause(now: now)
            case 1: player.change(to: try speed(&generator), now: now)
            case 2: player.resume(now: now)
            default: break
            }
            let isRunning = player.state == .playing
            switch player.next(now: now) {
            case .emit(let items):
                for item in short(items) {
                    #expect(
                        UInt128(positions[item]) * 1_000_000_000 <= shown,
                        "record \(item) was early")
                }
                seen += short(items)
                continue
            case .wait(let deadline):
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: now += (deadline - now) / 2
                case 1: now = deadline + .random(in: 0...2_000_000_000, using: &generator)
                default: now = deadline
                }
            case .paused:
                now += .random(in: 0...3_000_000_000, using: &generator)
                if steps > 5000 { player.resume(now: now) }
            case .finished: break playing
            case .needRecords:
                Issue.record("all records were offered")
                return
            }
            if isRunning, let millionths = player.speed.millionths {
                shown += UInt128(now - before) * UInt128(millionths)
            }
        }
        #expect(seen == Array(stamps.indices))
    }
}
