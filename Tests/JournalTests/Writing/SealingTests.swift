@testable import Journal
import TestSupport
import Testing

@Suite("Sealing")
struct SealingTests {
    @Test("never leaves a footer behind blocks that are not on the disk")
    func order() throws {
        var sealed = 0
        for call in 0..<6 {
            for seed in 0..<100 as Range<UInt64> {
                let world = TestWorld(seed: seed)
                let journal = try world.open("journal", Journal.Options(durability: .os))
                for number in 0..<40 {
                    let noise = String(repeating: "\(number) ", count: 20)
                    _ = try journal.appendNow([Draft(try .message(run: "r", content: noise))])
                }
                let path = try #require(journal.reader.state.withLock { $0.active?.path })
                world.files.cutPower(after: call)
                try? journal.close()
                var generator = SplitMix64(seed: seed)
                world.files.crash(&generator)
                let file = try world.files.open(path, for: .reading)
                guard let loaded = try? LoadedSegment.open(file, path: path).sealed else {
                    continue
                }
                sealed += 1
                for group in loaded.footer.index.groups {
                    let bytes = try file.read(group.length, at: group.position)
                    let damage = GroupDecoder.decode(
                        bytes, of: group, in: loaded.header, isWanted: { _, _ in true },
                        yield: { _ in })
                    #expect(damage == nil, "call \(call), seed \(seed)")
                }
            }
        }
        #expect(sealed > 0)
    }
}
