import Journal
import Testing

@testable import StreamServer

@Suite("Disk space")
struct DiskSpaceTests {
    @Test("little space is told once, and enough only with an eighth more than the least")
    func edges() {
        var space = DiskSpace(bytesMin: 800)
        var told: [DiskSpace.Change?] = []
        for free: UInt64 in [801, 800, 799, 0, 799, 800, 899, 900, 850, 799] {
            told.append(space.take(free))
            #expect(space.freeBytes == free)
        }
        #expect(told == [nil, nil, .low, nil, nil, nil, nil, .enough, nil, .low])
    }

    @Test("with no least there is never little space")
    func never() {
        var space = DiskSpace(bytesMin: 0)
        #expect(space.take(0) == nil && !space.isLow && space.concern == nil)
    }

    @Test("what stands on /ready names both figures, as long as there is little space")
    func concern() {
        var space = DiskSpace(bytesMin: 2 << 30)
        #expect(space.concern == nil)
        _ = space.take(412 << 20)
        #expect(
            space.concern
                == "the journal's disk has 412 MiB left, and low_space_bytes asks for 2048 MiB; "
                + "make room")
        _ = space.take(3 << 30)
        #expect(space.concern == nil)
    }

    @Test("what cannot be found out is told once, and changes nothing of what was known")
    func unknown() {
        var space = DiskSpace(bytesMin: 800)
        _ = space.take(1)
        #expect(space.lose("gone") == .unknown(reason: "gone"))
        #expect(space.lose("gone") == nil)
        #expect(space.freeBytes == nil && space.isLow && space.concern != nil)
        #expect(space.take(2) == nil)
        #expect(space.lose("again") == .unknown(reason: "again"))
    }

    @Test("a watch looks every ten seconds until it is stopped, and logs what changes")
    func watch() async {
        let log = LogLines()
        let free = Locked<[UInt64?]>([500, 700, nil, nil, 900, 950, 100])
        let waited = Locked(Duration.zero)
        let watch = SpaceWatch(
            bytesMin: 800, logger: log.logger,
            free: { () throws(JournalError) in
                guard let bytes = free.withLock({ $0.removeFirst() }) else {
                    throw JournalError(.io, "the disk is away", path: "j")
                }
                return bytes
            },
            pause: { duration in
                waited.withLock { $0 += duration }
                if free.withLock({ $0.isEmpty }) { throw CancellationError() }
            })
        await watch.look()
        #expect(watch.space.isLow && watch.space.freeBytes == 500)
        await watch.run()
        #expect(waited.withLock { $0 } == .seconds(70))
        #expect(
            log.lines.map { $0.prefix(32) } == [
                "warning the journal's disk has 0", "warning j: the disk is away",
                "notice the journal's disk has en", "warning the journal's disk has 0",
            ])
    }
}
