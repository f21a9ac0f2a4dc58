@testable import Journal
import TestSupport
import Testing

@Suite("A recovery that does not come to its end")
struct InterruptedRecoveryTests {
    private let options = Journal.Options(segmentBytesMax: 600)

    /// A journal whose last published record is damaged, after a power cut; its epoch, and the
    /// bytes that are to be cut.
    private func damaged() throws -> (TestWorld, Epoch, cut: [UInt8]) {
        let world = TestWorld()
        let journal = try world.open("journal", options)
        var last = Position.zero
        for number in 0..<6 {
            last = journal.reader.state.withLock { $0.active?.position } ?? .zero
            _ = try journal.appendNow([Draft(try .message(run: "r", content: "word \(number)"))])
        }
        // A second later the evidence of them is durable, too.
        world.clock.advance(microseconds: 2_000_000)
        _ = try journal.appendNow([])
        let epoch = try #require(journal.epochs.current)
        let active = try #require(journal.reader.state.withLock { $0.active?.path })
        var generator = SplitMix64(seed: 1)
        world.files.crash(&generator)
        try? journal.close()
        world.clock.reboot()
        world.files.change(active) { $0.removeLast(10) }
        let whole = try #require(world.files.contents(active))
        return (world, epoch, Array(whole[Int(last.rawValue)...]))
    }

    /// How many calls a start makes that change something.
    private func calls() throws -> Int {
        let (world, _, _) = try damaged()
        let before = world.files.changes
        try world.open("journal", options).close()
        return world.files.changes - before
    }

    @Test("at any call, and again at any other, comes to one gap and one fork all the same")
    func interrupted() throws {
        let calls = try calls()
        #expect(calls > 10)
        for first in 0..<calls {
            for second in stride(from: 0, to: calls, by: 3) {
                let (world, old, cut) = try damaged()
                var generator = SplitMix64(seed: UInt64(first * 100 + second))
                var forked: Epoch?
                for call in [first, second] {
                    world.files.cutPower(after: call)
                    let early = try? world.open("journal", options)
                    world.files.crash(&generator)
                    try? early?.close()
                    world.clock.reboot()
                    let epoch = try world.view().epochs.current
                    if let forked { #expect(epoch == forked) }
                    if epoch != old { forked = epoch }
                }
                let journal = try world.open("journal", options)
                let items = try journal.readAll(.all)
                #expect(items.records.map(\.offset.rawValue) == [0, 1, 2, 3, 4])
                #expect(items.gaps.map(\.range) == [Offset(rawValue: 5)...Offset(rawValue: 5)])
                #expect(journal.end.rawValue == 6 && journal.epochs.current != old)
                if let forked { #expect(journal.epochs.current == forked) }
                let kept = try world.files.names(in: "journal/quarantine").map {
                    world.files.contents("journal/quarantine/\($0)")
                }
                #expect(kept.contains(cut))
                try journal.close()
            }
        }
    }
}
