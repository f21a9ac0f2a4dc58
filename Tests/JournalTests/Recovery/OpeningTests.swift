@testable import Journal
import TestSupport
import Testing

@Suite("Opening a journal")
struct OpeningTests {
    private func journal(_ world: TestWorld, events: Int = 5) throws {
        let journal = try world.open()
        for number in 0..<events {
            _ = try journal.appendNow([Draft(try .message(run: "r", content: "word \(number)"))])
        }
        try journal.close()
    }

    @Test("a second writer is refused, until the first is gone")
    func secondWriter() throws {
        let world = TestWorld()
        let first = try world.open()
        #expect { try world.open() } throws: { ($0 as? JournalError)?.code == .locked }
        try first.close()
        try world.open().close()
    }

    @Test("a copy of a journal forks, once")
    func copy() throws {
        let world = TestWorld()
        try journal(world)
        let old = try world.view().epochs.current
        world.files.copy("journal", to: "copy")
        let copy = try world.open("copy")
        #expect(copy.epochs.current != old)
        let id = EventID(epoch: old, offset: Offset(rawValue: 4))
        #expect(copy.epochs.resolve(id, end: copy.end) == .exact(Cursor(after: id.offset)))
        let forked = copy.epochs
        try copy.close()
        let again = try world.open("copy")
        #expect(again.epochs == forked)
        try again.close()
        let original = try world.open()
        #expect(original.epochs.current == old)
        try original.close()
    }

    @Test("in os mode, only a stop of the machine forks", arguments: [false, true])
    func osMode(isReboot: Bool) throws {
        let world = TestWorld()
        let journal = try world.open("journal", Journal.Options(durability: .os))
        _ = try journal.appendNow([Draft(try .message(run: "r"))])
        let old = journal.epochs.current
        world.files.kill()
        try? journal.close()
        if isReboot { world.clock.reboot() }
        let again = try world.open()
        #expect((again.epochs.current != old) == isReboot)
        #expect(again.end.rawValue == 1)
        try again.close()
    }

    @Test(
        "a newer format is refused, and nothing is touched",
        arguments: ["MANIFEST", "segments/00000000000000000000.tape"])
    func newerFormat(file: String) throws {
        let world = TestWorld()
        try journal(world)
        world.files.change("journal/" + file) { $0[8] = 2 }
        let before = world.files.changes
        #expect { try world.view() } throws: { ($0 as? JournalError)?.code == .newerFormat }
        #expect { try world.open() } throws: { ($0 as? JournalError)?.code == .newerFormat }
        #expect(try world.files.names(in: "journal/quarantine").isEmpty)
        _ = before
    }

    @Test("a MANIFEST whose last entry is torn at any length is opened")
    func tornManifest() throws {
        let world = TestWorld()
        try journal(world)
        let whole = try #require(world.files.contents("journal/MANIFEST"))
        let segments = try world.files.names(in: "journal/segments").count
        // Down to the entry that creates the journal, which is renamed into place.
        for length in 16 + 8 + 25...whole.count {
            world.files.change("journal/MANIFEST") { $0 = Array(whole.prefix(length)) }
            #expect(try world.view().readAll(.all).records.count == 5)
            let journal = try world.open()
            #expect(try journal.readAll(.all).records.count == 5)
            try journal.close()
        }
        #expect(try world.files.names(in: "journal/segments").count == segments)
        for length in 0..<16 + 8 + 25 {
            world.files.change("journal/MANIFEST") { $0 = Array(whole.prefix(length)) }
            #expect { try world.open() } throws: { ($0 as? JournalError)?.code == .damaged }
        }
    }

    @Test("a bit that flips in the MANIFEST is noticed, or costs a fork at most")
    func flippedManifest() throws {
        let world = TestWorld()
        try journal(world)
        let whole = try #require(world.files.contents("journal/MANIFEST"))
        for bit in 0..<whole.count * 8 {
            world.files.change("journal/MANIFEST") {
                $0 = whole
                $0[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            do throws(JournalError) {
                let view = try world.view()
                #expect(try view.readAll(.all).records.count == 5)
            } catch {
                #expect([.damaged, .newerFormat].contains(error.code))
            }
        }
    }

    @Test("a MANIFEST that is missing is made anew from the newest segment, with a new epoch")
    func missingManifest() throws {
        let world = TestWorld()
        try journal(world)
        let old = try world.view().epochs.current
        try world.files.remove("journal/MANIFEST")
        let again = try world.open()
        #expect(again.epochs.current != old)
        #expect(try again.readAll(.all).records.count == 5)
        try again.close()
    }

    @Test("a directory without a journal is not found, and a view makes nothing there")
    func notFound() throws {
        let world = TestWorld()
        #expect { try world.view() } throws: { ($0 as? JournalError)?.code == .notFound }
        #expect(world.files.changes == 0)
    }
}
