import TestSupport
import Testing

@testable import Journal

@Suite("Opening on a full disk")
struct FullDiskOpeningTests {
    /// A journal whose process was killed, how many bytes its files have, and its records.
    private func killed() throws -> (TestWorld, used: Int, epoch: Epoch?, records: [Record]) {
        let world = TestWorld()
        let journal = try world.open()
        for number in 0..<40 {
            _ = try journal.appendNow([
                Draft(try .message(run: "r\(number % 7)", id: "m\(number)"))
            ])
        }
        let records = try journal.readAll(.all).records
        let epoch = journal.epochs.current
        world.files.kill()
        let most = 1 << 30
        world.files.capacity = most
        let used = most - Int(try world.files.freeBytes(in: "journal"))
        return (world, used, epoch, records)
    }

    @Test(
        "whatever room there is, a start succeeds or says that the disk is full, and loses nothing")
    func anyRoom() throws {
        var refused = 0
        var room = 0
        while true {
            let (world, used, epoch, records) = try killed()
            world.files.capacity = used + room
            do throws(JournalError) {
                let journal = try world.open()
                #expect(try journal.readAll(.all).records == records)
                world.files.kill()
                break
            } catch {
                #expect(error.code == .diskFull, "with \(room) bytes: \(error)")
                refused += 1
            }
            world.files.kill()
            let view = try world.view()
            #expect(try view.readAll(.all).records == records, "with \(room) bytes")
            world.files.capacity = nil
            let journal = try world.open()
            #expect(journal.epochs.current == epoch, "with \(room) bytes")
            #expect(try journal.readAll(.all).records == records, "with \(room) bytes")
            #expect(!journal.hasLosses)
            world.files.kill()
            room += 1
        }
        #expect(refused > 100, "a footer needs room")
    }
}
