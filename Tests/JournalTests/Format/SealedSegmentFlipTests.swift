@testable import Journal
import TestSupport
import Testing

@Suite("One bit that flips in a sealed segment")
struct SealedSegmentFlipTests {
    private let path = "journal/segments/00000000000000000000.tape"

    /// A sealed segment of several groups, and its records.
    private func sealed() throws -> (TestWorld, [Record], LoadedSegment) {
        let world = TestWorld()
        let journal = try world.open()
        for number in 0..<12 {
            if number % 3 == 0 { world.clock.shiftWall(microseconds: 5_000_000) }
            let run = "r\(number % 2)"
            _ = try journal.appendNow([
                Draft(try .message(run: run, id: "m\(number)", content: "word \(number)"))
            ])
        }
        let records = try journal.readAll(.all).records
        try journal.close()
        let loaded = try LoadedSegment.read(path: path, files: world.files)
        #expect(loaded.footer.index.groups.count == 4)
        return (world, records, loaded)
    }

    @Test("never gives wrong bytes, and costs at most its group, which is told as a gap")
    func reading() throws {
        let (world, records, loaded) = try sealed()
        let whole = try #require(world.files.contents(path))
        let headerLength = loaded.header.encoded.count
        for bit in 0..<whole.count * 8 {
            // A version that is not known is not guessed at: the journal refuses to open.
            if (8..<10).contains(bit / 8) { continue }
            world.files.change(path) {
                $0 = whole
                $0[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            let items = try world.view().readAll(.all)
            let hit = loaded.footer.index.groups.first {
                (Int($0.position.rawValue)..<Int($0.position.rawValue) + $0.length)
                    .contains(bit / 8)
            }
            guard let hit else {
                // The header has a copy in the footer, and the footer is in the blocks.
                guard items.records == records, items.gaps.isEmpty else {
                    Issue.record("a flip of bit \(bit) costs records; blocks at \(headerLength)")
                    return
                }
                continue
            }
            let spared = records.filter { !($0.offset >= hit.first && $0.offset <= hit.last) }
            let inGroup = items.records.filter { $0.offset >= hit.first && $0.offset <= hit.last }
            guard items.records.filter({ !inGroup.contains($0) }) == spared,
                inGroup == Array(records.filter { $0.offset >= hit.first }.prefix(inGroup.count)),
                items.gaps.count == 1, let gap = items.gaps.first, gap.range.upperBound == hit.last,
                gap.range.lowerBound.rawValue == hit.first.rawValue + UInt64(inGroup.count)
            else {
                Issue.record("a flip of bit \(bit) is told as \(items.gaps)")
                return
            }
        }
    }

    @Test("is told to the runs that miss something, and to no other")
    func gapsOfRuns() throws {
        let (world, records, loaded) = try sealed()
        let group = loaded.footer.index.groups[1]
        world.files.change(path) { $0[Int(group.position.rawValue) + group.length - 1] ^= 4 }
        let view = try world.view()
        for name in ["r0", "r1"] {
            let run = try #require(RunID(name))
            let items = try view.readAll(.run(run))
            let whole = records.filter { $0.run == run }
            let missing = whole.count - items.records.count
            #expect(items.gaps.compactMap(\.missed) == (missing == 0 ? [] : [UInt64(missing)]))
        }
        #expect(try view.readAll(.all).gaps.count == 1)
    }

    @Test("in what is left of an unsealed segment is survived by a start")
    func opening() throws {
        let (world, records, loaded) = try sealed()
        let whole = try #require(world.files.contents(path))
        let end = Int(loaded.blocksEnd.rawValue)
        for bit in stride(from: loaded.header.encoded.count * 8, to: end * 8, by: 3) {
            let world = TestWorld()
            let journal = try world.open()
            _ = try journal.appendNow([Draft(try .message(run: "r"))])
            try journal.close()
            world.files.change(path) {
                $0 = Array(whole.prefix(end))
                $0[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            let again = try world.open()
            let left = try again.readAll(.all).records
            guard left.allSatisfy({ records.contains($0) }) else {
                Issue.record("after a flip of bit \(bit), records are wrong")
                return
            }
            try again.close()
        }
        _ = world
    }
}
