@testable import Journal
import TestSupport
import Testing

@Suite("When the disk fails")
struct FailureTests {
    @Test("a commit whose call fails goes on in a new segment", arguments: 0..<2)
    func failsOnce(call: Int) throws {
        let world = TestWorld()
        let journal = try world.open()
        _ = try journal.appendNow([Draft(try .message(run: "r", content: "one"))])
        world.files.fail(after: call)
        _ = try journal.appendNow([Draft(try .message(run: "r", content: "two"))])
        #expect(try world.files.names(in: "journal/segments").count == 2)
        #expect(journal.readOnlyReason == nil)
        #expect(try journal.readAll(.all).records.count == 2)
        try journal.close()
        let again = try world.open()
        #expect(try again.readAll(.all).records.count == 2)
        #expect(try again.readAll(.all).gaps.isEmpty)
        try again.close()
    }

    @Test("a disk that goes on failing makes the journal read-only")
    func failsTwice() throws {
        let world = TestWorld()
        let journal = try world.open()
        _ = try journal.appendNow([Draft(try .message(run: "r", content: "one"))])
        world.files.fail(after: 0, count: .max)
        let two = Draft(try .message(run: "r", content: "two"))
        #expect { try journal.appendNow([two]) } throws: { ($0 as? JournalError)?.code == .io }
        world.files.fail(after: 0, count: 0)
        #expect { try journal.appendNow([two]) } throws: {
            ($0 as? JournalError)?.code == .readOnly
        }
        #expect(journal.readOnlyReason != nil)
        #expect(try journal.readAll(.all).records.count == 1)
        try? journal.close()
        let again = try world.open()
        #expect(try again.readAll(.all).records.count == 1)
        try again.close()
    }

    @Test("a full disk refuses appends, serves reads, and heals by itself")
    func diskFull() throws {
        let world = TestWorld()
        let journal = try world.open()
        _ = try journal.appendNow([Draft(try .message(run: "r", content: "one"))])
        world.files.capacity = 2000
        let content = (0..<900).map { String($0 &* 2_654_435_761, radix: 36) }.joined()
        for _ in 0..<3 {
            let big = Draft(try .message(run: "r", content: content))
            #expect { try journal.appendNow([big]) } throws: {
                ($0 as? JournalError)?.code == .diskFull
            }
            #expect(try journal.readAll(.all).records.count == 1)
        }
        world.files.capacity = nil
        let receipt = try journal.appendNow([Draft(try .message(run: "r", content: content))])
        #expect(receipt.ids.first?.offset.rawValue == 1)
        #expect(journal.readOnlyReason == nil)
        try journal.close()
        let again = try world.open()
        #expect(try again.readAll(.all).records.count == 2)
        try again.close()
    }

    @Test("one submission that fails takes nothing of the others with it")
    func tooLarge() throws {
        let world = TestWorld()
        let journal = try world.open()
        let large = String(repeating: "x", count: Journal.eventBytesMax)
        #expect { try journal.appendNow([Draft(try .message(run: "r", content: large))]) } throws: {
            ($0 as? JournalError)?.code == .tooLarge
        }
        _ = try journal.appendNow([Draft(try .message(run: "r", content: "one"))])
        try journal.close()
        #expect { try journal.appendNow([Draft(try .message(run: "r"))]) } throws: {
            ($0 as? JournalError)?.code == .closed
        }
    }
}
