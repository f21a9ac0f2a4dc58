@testable import Journal
import TestSupport
import Testing

@Suite("Backup")
struct BackupTests {
    private func append(_ numbers: Range<Int>, to journal: Journal) throws {
        for number in numbers {
            _ = try journal.appendNow([Draft(try .message(run: "r", id: "m\(number)"))])
        }
    }

    private func backUp(_ world: TestWorld) throws(JournalError) -> Backup.Result {
        try Backup.run("journal", to: "copy", environment: world.environment)
    }

    @Test(
        "beside its writer, after a stop and after a kill the copy has what was published",
        arguments: ["beside", "stopped", "killed"])
    func whole(when: String) throws {
        let world = TestWorld()
        var journal = try world.open()
        try append(0..<5, to: journal)
        try journal.close()
        journal = try world.open()
        try append(5..<8, to: journal)
        let records = try journal.readAll(.all).records
        let epoch = journal.epochs.current
        switch when {
        case "stopped": try journal.close()
        case "killed": world.files.kill()
        default: break
        }
        let result = try backUp(world)
        #expect(result.segments == 2 && result.end.rawValue == 8)
        if when == "beside" { try journal.close() }
        let report = try Verification.run("copy", environment: world.environment)
        #expect(report.isClean && report.records == 8)
        #expect(try world.view("copy").readAll(.all).records == records)
        let copy = try world.open("copy")
        #expect(try copy.readAll(.all).records == records)
        #expect(copy.recovery.findings.allSatisfy { if case .cut = $0 { false } else { true } })
        // An id from before the copy is good in it; one that the original gave out later is not.
        let last = EventID(epoch: epoch, offset: Offset(rawValue: 7))
        #expect(copy.epochs.resolve(last, end: copy.end) == .exact(Cursor(after: last.offset)))
        try append(8..<10, to: copy)
        let later = EventID(epoch: epoch, offset: Offset(rawValue: 8))
        #expect(copy.epochs.resolve(later, end: copy.end) == .unknownEpoch)
        try copy.close()
    }

    @Test("an empty journal, and a copy of a copy")
    func edges() throws {
        let world = TestWorld()
        try world.open().close()
        #expect(try backUp(world).end == .zero)
        let copy = try world.open("copy")
        try append(0..<2, to: copy)
        try copy.close()
        let again = try Backup.run("copy", to: "third", environment: world.environment)
        #expect(again.end.rawValue == 2)
        #expect(try world.view("third").readAll(.all).records.count == 2)
    }

    @Test("a directory that is not empty is left alone, and no journal is no backup")
    func refusals() throws {
        let world = TestWorld()
        #expect(throws: JournalError.self) { try backUp(world) }
        try world.open().close()
        _ = try world.files.create("copy/mine")
        let error = #expect(throws: JournalError.self) { try backUp(world) }
        #expect(error?.message.contains("not empty") == true)
        #expect(try world.files.names(in: "copy") == ["mine"])
    }

    @Test("a backup that fails at any call is no journal, or a whole one")
    func failures() throws {
        for call in 0..<40 {
            let world = TestWorld()
            let journal = try world.open()
            try append(0..<3, to: journal)
            try journal.close()
            world.files.fail(after: call, count: 1000)
            guard (try? backUp(world)) == nil else {
                #expect(call > 5)
                return
            }
            world.files.fail(after: 0, count: 0)
            // The last call makes durable what is whole by then.
            if world.files.exists("copy/MANIFEST") {
                #expect(try Verification.run("copy", environment: world.environment).isClean)
            }
            #expect(try world.view().readAll(.all).records.count == 3)
        }
        Issue.record("the backup never succeeded")
    }
}
