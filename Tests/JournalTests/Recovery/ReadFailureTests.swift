@testable import Journal
import TestSupport
import Testing

@Suite("When the disk cannot be read, or synced, for a moment")
struct ReadFailureTests {
    /// A journal whose last published record is damaged, after a kill.
    private func damaged() throws -> TestWorld {
        let world = TestWorld()
        let journal = try world.open("journal", Journal.Options(segmentBytesMax: 600))
        for number in 0..<6 {
            _ = try journal.appendNow([Draft(try .message(run: "r", content: "word \(number)"))])
        }
        world.files.kill()
        try? journal.close()
        let newest = try #require(world.files.names(in: "journal/segments").max())
        world.files.change("journal/segments/\(newest)") { $0.removeLast(10) }
        return world
    }

    @Test("a start is refused or misses nothing, whichever read fails", arguments: [1, Int.max])
    func starts(count: Int) throws {
        var call = 0
        while true {
            let world = try damaged()
            world.files.failReads(after: call, count: count)
            let before = world.files.reads
            do throws(JournalError) {
                let journal = try world.open()
                let isPast = world.files.reads - before <= call
                world.files.mend()
                #expect(try journal.readAll(.all).gaps.count == 1)
                #expect(journal.end.rawValue == 6)
                try journal.close()
                if isPast { break }
            } catch {
                #expect(error.code == .io)
                world.files.kill()
                let journal = try world.open()
                #expect(try journal.readAll(.all).gaps.count == 1)
                #expect(journal.end.rawValue == 6)
                try journal.close()
            }
            call += 1
        }
        #expect(call > 5)
    }

    @Test("a reader is told, and reads everything once the disk is back")
    func reading() throws {
        let world = try damaged()
        let journal = try world.open()
        let whole = try journal.readAll(.all).records
        for count in [1, Int.max] {
            world.files.failReads(after: 0, count: count)
            #expect { try journal.readAll(.all) } throws: { ($0 as? JournalError)?.code == .io }
            world.files.mend()
            let items = try journal.readAll(.all)
            #expect(items.records == whole && items.gaps.count == 1)
        }
        try journal.close()
    }

    @Test("a mark that could not be synced is written once more, and then it is on the disk")
    func markSync() throws {
        for seed in 0..<20 as Range<UInt64> {
            let files = MemoryFileSystem()
            let layout = Layout(directory: "journal")
            let epoch = try #require(Epoch("aaaaaaaa"))
            var writer = try DurableMarkWriter(layout, files)
            writer.publish(
                epoch: epoch, end: Offset(rawValue: 5), segment: .zero, position: .zero)
            files.fail(after: 0)
            #expect { try writer.sync() } throws: { ($0 as? JournalError)?.code == .io }
            try writer.sync()
            var generator = SplitMix64(seed: seed)
            files.crash(&generator)
            #expect(try DurableMark.read(layout.mark, files)?.end.rawValue == 5)
        }
    }
}
