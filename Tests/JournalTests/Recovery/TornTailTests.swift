@testable import Journal
import TestSupport
import Testing

@Suite("After an unclean stop")
struct TornTailTests {
    private let segment = "journal/segments/00000000000000000000.tape"

    /// A journal of `commits` commits whose process was killed; without evidence of what was
    /// published, unless `hasMark`.
    private func killed(commits: Int, hasMark: Bool) throws -> (TestWorld, [Record]) {
        let world = TestWorld()
        let journal = try world.open()
        for number in 0..<commits {
            _ = try journal.appendNow([Draft(try .message(run: "r", content: "word \(number)"))])
        }
        let records = try journal.readAll(.all).records
        world.files.kill()
        try? journal.close()
        if !hasMark { try world.files.remove("journal/durable") }
        return (world, records)
    }

    @Test("a last block of which any number of bytes is missing is cut, and costs nothing else")
    func everyLength() throws {
        let (first, _) = try killed(commits: 4, hasMark: false)
        let whole = try #require(first.files.contents(segment)).count
        for length in 0...whole {
            let (world, records) = try killed(commits: 4, hasMark: false)
            let old = try world.view().epochs
            world.files.change(segment) { $0.removeLast(whole - length) }
            let journal = try world.open()
            let left = try journal.readAll(.all)
            #expect(left.gaps.isEmpty)
            #expect(left.records == Array(records.prefix(left.records.count)))
            #expect(journal.end.rawValue == UInt64(left.records.count))
            // A header that was cut had been synced, so something may have been behind it.
            let header = Int(SegmentHeader.prefixLength) + 84 + 4
            #expect(journal.epochs == old || length < header)
            let next = try journal.appendNow([Draft(try .message(run: "r", content: "next"))])
            #expect(next.lastID?.offset.rawValue == UInt64(left.records.count))
            try journal.close()
            let again = try world.open()
            #expect(again.recovery.findings.isEmpty)
            try again.close()
        }
    }

    @Test("published records that are gone are told as a gap, and their ids are reset")
    func publishedAndGone() throws {
        let (world, records) = try killed(commits: 4, hasMark: true)
        let old = try world.view().epochs
        world.files.change(segment) { $0.removeLast(10) }
        let journal = try world.open()
        let items = try journal.readAll(.all)
        #expect(items.records == Array(records.prefix(3)))
        #expect(
            items.gaps == [
                Gap(
                    range: Offset(rawValue: 3)...Offset(rawValue: 3), missed: nil,
                    reason: .corruption)
            ])
        #expect(journal.end.rawValue == 4)
        #expect(journal.epochs.current != old.current)
        let below = EventID(epoch: old.current, offset: Offset(rawValue: 2))
        let above = EventID(epoch: old.current, offset: Offset(rawValue: 3))
        #expect(
            journal.epochs.resolve(below, end: journal.end) == .exact(Cursor(after: below.offset)))
        #expect(journal.epochs.resolve(above, end: journal.end) == .unknownEpoch)
        _ = try journal.appendNow([Draft(try .message(run: "r", content: "next"))])
        let run = try #require(RunID("r"))
        let ofRun = try journal.readAll(.run(run))
        #expect(ofRun.gaps.map(\.missed) == [nil])
        #expect(ofRun.records.map(\.offset.rawValue) == [0, 1, 2, 4])
        try journal.close()
        for _ in 0..<2 {
            let again = try world.open()
            #expect(try again.readAll(.all).gaps.count == 1)
            #expect(again.recovery.findings.isEmpty)
            #expect(try world.view().readAll(.all).gaps.count == 1)
            try again.close()
        }
    }

    @Test("a damaged block in the middle is a gap for its runs alone; all else is served")
    func damageInTheMiddle() throws {
        let world = TestWorld()
        let journal = try world.open()
        var noise = SplitMix64(seed: 5)
        // Three groups, of a run each time another; the last run is in all of them.
        for number in 0..<3 {
            let content = (0..<9000).map { _ in String(noise.next(), radix: 16) }.joined()
            let run = "r\(number)"
            _ = try journal.appendNow([
                Draft(try .message(run: "all", content: "x")),
                Draft(try .message(run: run, content: content)),
            ])
        }
        let records = try journal.readAll(.all).records
        world.files.kill()
        try? journal.close()
        world.files.change(segment) { $0[$0.count / 2] ^= 1 }
        let again = try world.open()
        let items = try again.readAll(.all)
        #expect(items.records == records.filter { ![2, 3].contains($0.offset.rawValue) })
        #expect(items.gaps.map(\.range) == [Offset(rawValue: 2)...Offset(rawValue: 3)])
        let everywhere = try again.readAll(.run(try #require(RunID("all"))))
        #expect(everywhere.gaps.map(\.missed) == [1])
        #expect(everywhere.records.map(\.seq.rawValue) == [1, 3])
        let last = try again.readAll(.run(try #require(RunID("r2"))))
        #expect(last.gaps.isEmpty && last.records.count == 1)
        try again.close()
    }

    @Test("a last block of full length that is damaged forks the epoch")
    func fullLength() throws {
        let (world, records) = try killed(commits: 3, hasMark: false)
        let old = try world.view().epochs.current
        world.files.change(segment) { $0[$0.count - 1] ^= 1 }
        let journal = try world.open()
        #expect(try journal.readAll(.all).records == Array(records.prefix(2)))
        #expect(journal.epochs.current != old)
        let id = EventID(epoch: old, offset: Offset(rawValue: 2))
        #expect(journal.epochs.resolve(id, end: journal.end) == .unknownEpoch)
        try journal.close()
    }

    @Test("a segment that is missing is a gap, and no offset is given out twice")
    func missingSegment() throws {
        let world = TestWorld()
        let options = Journal.Options(segmentBytesMax: 1)
        let journal = try world.open("journal", options)
        for number in 0..<4 {
            _ = try journal.appendNow([Draft(try .message(run: "r", content: "word \(number)"))])
        }
        try journal.close()
        for gone in [1, 3] {
            try world.files.remove("journal/segments/0000000000000000000\(gone).tape")
            let again = try world.open("journal", options)
            #expect(try again.readAll(.all).gaps.count == (gone == 1 ? 1 : 2))
            #expect(again.end.rawValue == 4)
            try again.close()
        }
    }

    @Test("the newest segment that is missing after a kill is a gap, since the mark tells of it")
    func missingNewestSegment() throws {
        let world = TestWorld()
        let options = Journal.Options(segmentBytesMax: 1)
        let journal = try world.open("journal", options)
        let old = journal.epochs.current
        for number in 0..<3 {
            _ = try journal.appendNow([Draft(try .message(run: "r", content: "word \(number)"))])
        }
        world.files.kill()
        try? journal.close()
        try world.files.remove("journal/segments/00000000000000000002.tape")
        let again = try world.open("journal", options)
        let lost = Offset(rawValue: 2)
        #expect(try again.readAll(.all).gaps.map(\.range) == [lost...lost])
        #expect(again.end.rawValue == 3 && again.epochs.current != old)
        try again.close()
    }

    @Test("a segment whose header is lost is a gap, and is kept in quarantine")
    func lostHeader() throws {
        let (world, _) = try killed(commits: 3, hasMark: true)
        world.files.change(segment) { $0[20] ^= 1 }
        #expect(try world.view().readAll(.all).gaps.count == 1)
        let journal = try world.open()
        #expect(journal.end.rawValue == 3)
        let items = try journal.readAll(.all)
        #expect(items.records.isEmpty && items.gaps.count == 1)
        _ = try journal.appendNow([Draft(try .message(run: "r"))])
        try journal.close()
        let again = try world.open()
        #expect(again.recovery.findings.isEmpty)
        #expect(try again.readAll(.all).records.map(\.offset.rawValue) == [3])
        #expect(try world.files.names(in: "journal/quarantine").count == 1)
        try again.close()
    }
}
