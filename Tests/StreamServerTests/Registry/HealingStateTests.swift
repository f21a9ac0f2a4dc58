import Journal
import Testing

@testable import StreamServer

@Suite("What a healer keeps in mind")
struct HealingStateTests {
    private let start = ContinuousClock.now

    private func entry(_ name: String, at seconds: Int64 = 0) -> PendingHealing.Entry {
        PendingHealing.Entry(
            need: .thread(name), key: nil, run: nil, thread: name,
            at: Timestamp(microseconds: seconds * 1_000_000))
    }

    private func names(_ entries: [PendingHealing.Entry]) -> [String] {
        entries.compactMap(\.thread)
    }

    @Test("after one wait in vain there is none for a second")
    func patience() {
        var patience = Patience()
        #expect(patience.wait(at: start) == .milliseconds(50))
        patience.waitedInVain(at: start + .milliseconds(50), isLocked: false)
        #expect(patience.wait(at: start + .milliseconds(1049)) == .zero)
        #expect(patience.wait(at: start + .milliseconds(1050)) == .milliseconds(50))
    }

    @Test("after a wait for a lock there is none before it is gone")
    func patienceWithLocks() {
        var patience = Patience()
        patience.waitedInVain(at: start, isLocked: true)
        #expect(patience.wait(at: start + .seconds(60)) == .zero)
        patience.answered()
        #expect(patience.wait(at: start + .milliseconds(999)) == .zero)
        #expect(patience.wait(at: start + .seconds(1)) == .milliseconds(50))
    }

    @Test("what is missing is asked for less and less often, and given up after an hour")
    func delays() {
        var pending = PendingHealing()
        pending.add([entry("a")], at: start)
        #expect(pending.takeDue(at: start + .milliseconds(249), limit: 9).isEmpty)
        var now = start
        var asked: [Duration] = []
        while !pending.isEmpty, asked.count < 1000 {
            now += .milliseconds(250)
            let due = pending.takeDue(at: now, limit: 9)
            if !due.isEmpty { asked.append(now - start) }
            pending.postpone(due, at: now)
        }
        #expect(
            asked.prefix(4) == [
                .milliseconds(250), .milliseconds(750), .milliseconds(1750), .milliseconds(3750),
            ])
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $1 - $0 <= .seconds(30) })
        #expect(asked.last ?? .zero > .seconds(3600) && asked.last ?? .zero < .seconds(3700))
    }

    @Test("so many are taken as are asked for, and what could not be asked is due at once")
    func limits() {
        var pending = PendingHealing()
        pending.add([entry("a"), entry("b"), entry("c")], at: start)
        let now = start + .seconds(1)
        let due = pending.takeDue(at: now, limit: 2)
        #expect(names(due) == ["a", "b"])
        pending.putBack(due)
        #expect(names(pending.takeDue(at: now, limit: 9)).sorted() == ["a", "b", "c"])
        #expect(pending.isEmpty)
    }

    @Test("where there is no room, only since when something is missing is kept")
    func room() {
        var pending = PendingHealing()
        pending.add(
            (0..<PendingHealing.countMax).map { entry("\($0)") }, at: start)
        #expect(pending.takeForgotten() == nil)
        pending.add([entry("x", at: 7), entry("y", at: 5), entry("z", at: 6)], at: start)
        #expect(pending.takeForgotten() == Timestamp(microseconds: 5_000_000))
        #expect(pending.takeForgotten() == nil)
        let due = pending.takeDue(at: start + .seconds(9), limit: .max)
        #expect(due.count == PendingHealing.countMax && pending.isEmpty)
    }

    @Test("requests for passes that follow each other become one, and later ones another")
    func schedule() {
        func request(_ since: Int64?, due: Int) -> ScanRequest {
            ScanRequest(
                since: since.map { Timestamp(microseconds: $0) },
                until: Timestamp(microseconds: Int64(due)), coversKnownRuns: since == nil,
                due: start + .milliseconds(due))
        }
        var schedule = ScanSchedule()
        #expect(schedule.takeDue(at: start) == nil)
        schedule.add(request(9, due: 5000))
        schedule.add(request(nil, due: 6000))
        schedule.add(request(4, due: 6001))
        schedule.add(request(3, due: 9000))
        #expect(schedule.takeDue(at: start + .milliseconds(4999)) == nil)
        let first = schedule.takeDue(at: start + .milliseconds(5000))
        #expect(first?.since == Timestamp(microseconds: 9) && first?.coversKnownRuns == true)
        #expect(first?.until == Timestamp(microseconds: 6000))
        #expect(schedule.takeDue(at: start + .milliseconds(8999)) == nil)
        let second = schedule.takeDue(at: start + .milliseconds(9000))
        #expect(second?.since == Timestamp(microseconds: 3) && second?.coversKnownRuns == false)
        #expect(schedule.takeDue(at: start + .seconds(99)) == nil)
    }

    @Test("what is wrong with the registry is said once, a lock only when it lasts")
    func standing() {
        var standing = RegistryStanding()
        #expect(standing.note(.busy, at: start) == nil && !standing.isKnown)
        #expect(standing.note(.missing, at: start) == .isNot(.missing) && standing.isKnown)
        #expect(standing.note(.missing, at: start) == nil)
        #expect(standing.note(nil, at: start) == .isReadable)
        #expect(standing.note(nil, at: start) == nil)
        #expect(standing.note(.busy, at: start) == nil)
        #expect(standing.note(nil, at: start + .seconds(1)) == nil)
        #expect(standing.note(.busy, at: start + .seconds(4)) == nil)
        #expect(standing.note(.busy, at: start + .seconds(10)) == .isNot(.busy))
        #expect(standing.note(.busy, at: start + .seconds(11)) == nil)
        #expect(standing.note(nil, at: start + .seconds(12)) == .isReadable)
    }
}
