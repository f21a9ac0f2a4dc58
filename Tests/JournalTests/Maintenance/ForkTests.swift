@testable import Journal
import TestSupport
import Testing

@Suite("Fork")
struct ForkTests {
    @Test("ids from before a fork stay good, later ones do not; also after a start")
    func fork() async throws {
        let world = TestWorld()
        var journal = try world.open()
        let first = try await journal.append([Draft(try .message(run: "r", id: "m0"))])
        let old = try #require(journal.epochs.current)
        let epoch = try await journal.fork()
        #expect(epoch != old && journal.epochs.current == epoch)
        let second = try await journal.append([Draft(try .message(run: "r", id: "m1"))])
        #expect(second.firstID?.epoch == epoch)
        for _ in 0..<2 {
            let id = try #require(first.firstID)
            #expect(
                journal.epochs.resolve(id, end: journal.end) == .exact(Cursor(after: id.offset)))
            let later = EventID(epoch: old, offset: Offset(rawValue: 1))
            #expect(journal.epochs.resolve(later, end: journal.end) == .unknownEpoch)
            try journal.close()
            journal = try world.open()
            #expect(journal.epochs.current == epoch)
        }
        try journal.close()
        await #expect(throws: JournalError.self) { try await journal.fork() }
    }
}
