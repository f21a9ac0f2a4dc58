@testable import Journal
import TestSupport
import Testing

@Suite("Events of any size")
struct BlockSizeTests {
    @Test(
        "are read back: small, around a group's size, beyond it, and random",
        arguments: [1, 1000, 65_535, 130_000, 131_072, 140_000, 1_000_000, 9_000_000],
        [false, true])
    func sizes(bytes: Int, isRandom: Bool) throws {
        let world = TestWorld()
        var generator = SplitMix64(seed: UInt64(bytes))
        let journal = try world.open()
        var data: [[UInt8]] = []
        for _ in 0..<3 {
            var content = String()
            while content.utf8.count < bytes {
                content += isRandom ? String(generator.next(), radix: 36) : "the same words again "
            }
            let big = try Event.message(run: "r", content: content)
            let small = try Event.message(run: "s", content: "small")
            _ = try journal.appendNow([Draft(small), Draft(big), Draft(small)])
            data += [small.data, big.data, small.data]
        }
        #expect(try journal.readAll(.all).records.map(\.data) == data)
        #expect(try world.view().readAll(.all).records.map(\.data) == data)
        try journal.close()
        #expect(try world.view().readAll(.all, bytesMax: 1).records.map(\.data) == data)
    }

    @Test("a batch is one block, so that it is recorded whole or not at all")
    func atomic() throws {
        let world = TestWorld()
        let journal = try world.open()
        let drafts = try (0..<3000).map { Draft(try .token($0, run: "r")) }
        _ = try journal.appendNow(drafts, atomically: true)
        world.files.kill()
        try? journal.close()
        let path = "journal/segments/00000000000000000000.tape"
        try world.files.remove("journal/durable")
        world.files.change(path) { $0.removeLast() }
        let again = try world.open()
        #expect(again.end == .zero)
        try again.close()
    }
}
