import Journal
import TestSupport
import Testing

@testable import StreamServer

@Suite("Scrubber")
struct ScrubberTests {
    /// What was seen at a pause.
    private struct Moment {
        var seconds: Double
        var bytes: UInt64
    }

    /// A journal whose sealed segments have about 600 kB, as many segments as are asked for.
    private func opened(_ segments: Int) throws -> (TestWorld, Journal, [String]) {
        let world = TestWorld()
        var generator = SplitMix64(seed: 5)
        for segment in 0..<segments {
            let journal = try world.open()
            for number in 0..<30 {
                let noise = (0..<20_000).map { _ in
                    UInt8(ascii: "a") + UInt8(generator.below(26))
                }
                _ = try journal.appendNow([
                    Draft(
                        try .message(
                            run: "r", id: "\(segment)-\(number)",
                            content: String(decoding: noise, as: UTF8.self)))
                ])
            }
            try journal.close()
        }
        let paths = try world.files.names(in: "journal/segments").sorted()
        return (world, try world.open(), paths.map { "journal/segments/\($0)" })
    }

    /// Scrubs for some seconds of a clock that goes on when somebody waits; returns what was seen
    /// at each pause.
    private func scrub(
        _ journal: Journal, _ world: TestWorld, _ plan: ScrubPlan, seconds: Int, _ log: LogLines,
        onPause: @escaping @Sendable (ScrubStatus) -> Void = { _ in }
    ) async -> (Scrubber, [Moment]) {
        let start = world.clock.now().monotonicMicroseconds
        let seen = Locked<[Moment]>([])
        let scrubbed = Locked<Scrubber?>(nil)
        let scrubber = Scrubber(
            journal, plan, logger: log.logger, random: 0, now: { world.clock.now() },
            pause: { duration in
                guard let status = scrubbed.withLock({ $0 })?.status else { return }
                let passed = world.clock.now().monotonicMicroseconds - start
                seen.withLock {
                    $0.append(Moment(seconds: Double(passed) / 1e6, bytes: status.bytes))
                }
                onPause(status)
                world.clock.advance(
                    microseconds: Int(duration.components.seconds * 1_000_000)
                        + Int(duration.components.attoseconds / 1_000_000_000_000))
                if passed > UInt64(seconds) * 1_000_000 { throw CancellationError() }
            })
        scrubbed.withLock { $0 = scrubber }
        await scrubber.run()
        return (scrubber, seen.withLock { $0 })
    }

    @Test("it reads everything, never more than the rate allows, and begins soon after the start")
    func pace() async throws {
        let (world, journal, paths) = try opened(3)
        let total = paths.reduce(0) { $0 + (world.files.contents($1)?.count ?? 0) }
        let log = LogLines()
        let plan = ScrubPlan(bytesPerSecond: 64 << 10, intervalSeconds: 3600)
        let (scrubber, seen) = await scrub(journal, world, plan, seconds: 100, log)
        #expect(scrubber.status.bytes == UInt64(total))
        #expect(scrubber.status.segments == 3 && scrubber.status.lastPass != nil)
        let first = try #require(seen.first { $0.bytes > 0 })
        #expect(first.seconds < 3)
        // A piece is paid for after it was read.
        let ahead = Double(256 << 10)
        for moment in seen {
            let allowed = (moment.seconds - first.seconds) * Double(plan.bytesPerSecond) + ahead
            #expect(Double(moment.bytes) <= allowed, "at \(moment.seconds) s")
        }
        let last = try #require(seen.first { $0.bytes == UInt64(total) })
        let ideal = Double(total) / Double(plan.bytesPerSecond)
        #expect(last.seconds < ideal * 1.1 + 3, "\(last.seconds) s for \(ideal)")
        #expect(log.lines.isEmpty)
        try journal.close()
    }

    @Test("it rests for four times as long as it works, whatever the rate")
    func share() {
        let plan = ScrubPlan(bytesPerSecond: 1000, intervalSeconds: 1)
        #expect(plan.rest(after: 500, took: .milliseconds(100)) == .milliseconds(400))
        #expect(plan.rest(after: 500, took: .milliseconds(300)) == .milliseconds(1200))
        #expect(plan.rest(after: 0, took: .zero) == .zero)
        #expect(plan.rest(after: 4000, took: .milliseconds(1)) == .milliseconds(3999))
    }

    @Test("what it finds is logged once, pass after pass, and stands on /ready until it is mended")
    func findings() async throws {
        let (world, journal, paths) = try opened(2)
        let whole = try #require(world.files.contents(paths[0]))
        world.files.change(paths[0]) { $0[$0.count / 2] ^= 16 }
        let log = LogLines()
        let plan = ScrubPlan(bytesPerSecond: 1 << 20, intervalSeconds: 10)
        let isMended = Locked(false)
        let (scrubber, _) = await scrub(journal, world, plan, seconds: 60, log) { status in
            guard status.segments >= 6, !isMended.withLock({ $0 }) else { return }
            #expect(status.findings.count == 1)
            isMended.withLock { $0 = true }
            world.files.change(paths[0]) { $0 = whole }
        }
        #expect(isMended.withLock { $0 })
        #expect(scrubber.status.segments >= 8 && scrubber.status.findings.isEmpty)
        let line = try #require(log.lines.first)
        #expect(log.lines.count == 1)
        #expect(
            line.hasPrefix("error scrub: damage: \(paths[0]): records cannot be read, at byte "))
        #expect(line.contains(", offsets ") && line.hasSuffix(", runs r"))
        try journal.close()
    }

    @Test("the concerns of an upkeep are what little space and damage are told by")
    func concerns() async throws {
        let (world, journal, paths) = try opened(1)
        world.files.change(paths[0]) { $0[$0.count / 2] ^= 16 }
        let log = LogLines()
        let plan = ScrubPlan(bytesPerSecond: 1 << 20, intervalSeconds: 10)
        let (scrubber, _) = await scrub(journal, world, plan, seconds: 5, log)
        let space = SpaceWatch(
            bytesMin: 1 << 20, logger: log.logger, free: { 0 },
            pause: { _ in throw CancellationError() })
        let upkeep = Upkeep(space: space, scrubber: scrubber)
        #expect(
            upkeep.concerns == [
                "the scrub found damage (findings: 1, the first in \(paths[0])); see tapedeck verify"
            ])
        await space.look()
        #expect(upkeep.concerns.count == 2 && upkeep.concerns[0].contains("low_space_bytes"))
        #expect(Upkeep(space: space, scrubber: nil).services.count == 1)
        #expect(upkeep.services.count == 2)
        try journal.close()
    }
}
