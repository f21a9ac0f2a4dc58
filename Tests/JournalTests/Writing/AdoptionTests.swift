@testable import Journal
import TestSupport
import Testing

@Suite("Events of an unknown thread")
struct AdoptionTests {
    @Test(
        "are copied into the run once, when the thread is seen, also after a start",
        arguments: [false, true])
    func adoption(isRestarted: Bool) throws {
        let world = TestWorld()
        var journal = try world.open("journal", Journal.Options(segmentBytesMax: 300))
        var early: [Record] = []
        for number in 0..<5 {
            _ = try journal.appendNow([
                Draft(try .message(thread: "t", id: "m\(number)", content: "early \(number)"))
            ])
        }
        early = try journal.readAll(.run(.unassigned)).records
        #expect(early.count == 5)
        if isRestarted {
            try journal.close()
            journal = try world.open()
        }
        let run = try #require(RunID("r"))
        let receipt = try journal.appendNow([Draft(try .thread("t", run: "r"))])
        #expect(receipt.appended == 1)
        let copies = try journal.readAll(.run(run)).records
        #expect(copies.map(\.data).dropFirst() == early.map(\.data)[...])
        #expect(copies.dropFirst().map(\.eventTime) == early.map { $0.recordedAt })
        #expect(copies.map(\.seq.rawValue) == [1, 2, 3, 4, 5, 6])
        for _ in 0..<2 {
            _ = try journal.appendNow([Draft(try .message(thread: "t", content: "late"))])
            try journal.close()
            journal = try world.open()
        }
        #expect(try journal.readAll(.run(run)).records.count == 8)
        #expect(try journal.readAll(.run(.unassigned)).records.count == 5)
        try journal.close()
    }

    @Test("more than one commit copies are all copied")
    func many() throws {
        let world = TestWorld()
        let journal = try world.open()
        let count = CommitBatch.Adoption.recordsMax * 2 + 10
        _ = try journal.appendNow(
            (0..<count).map { Draft(try .message(thread: "t", content: "early \($0)")) })
        _ = try journal.appendNow([Draft(try .thread("t", run: "r"))])
        // The copies of later commits are there once the next submission is answered.
        _ = try journal.appendNow([Draft(try .message(run: "r", content: "late"))])
        let records = try journal.readAll(.run(try #require(RunID("r")))).records
        #expect(records.count == count + 2)
        try journal.close()
    }
}
