@testable import Journal
import TestSupport
import Testing

@Suite("Removal")
struct RemovalTests {
    private let world = TestWorld()
    private let secret = "the secret word"

    /// Runs a and b in turns, ten records each, in segments of a few records.
    private func filled(_ options: Journal.Options) async throws -> Journal {
        let journal = try world.open("journal", options)
        for number in 0..<10 {
            for run in ["a", "b"] {
                let content = run == "a" ? "\(secret) \(number)" : "\(number)"
                _ = try await journal.append([
                    Draft(try .message(run: run, id: "m\(number)", content: content))
                ])
            }
            world.clock.advance(microseconds: 1_000_000)
        }
        return journal
    }

    private func run(_ name: String) throws -> RunID { try #require(RunID(name)) }

    private static let small = Journal.Options(segmentBytesMax: 600)
    private static let one = Journal.Options()

    @Test(
        "a deleted run is gone from every reader, its gap is told once, and others miss nothing",
        arguments: [small, one])
    func delete(options: Journal.Options) async throws {
        var journal = try await filled(options)
        let (a, b) = (try run("a"), try run("b"))
        let before = try journal.readAll(.run(b)).records
        let result = try await journal.delete(a)
        #expect(result.records == 10)
        for place in 0..<2 {
            #expect(journal.run(a) == nil)
            let items = try journal.readAll(.run(a))
            #expect(items.records.isEmpty)
            let gap = try #require(items.gaps.first)
            #expect(items.gaps.count == 1)
            #expect(gap.missed == 10 && gap.reason == .deleted && gap.seq?.rawValue == 10)
            #expect(try journal.seq(of: a, at: .start) == .none)
            #expect(try journal.seq(of: a, at: Cursor(next: journal.end)).rawValue == 10)
            #expect(gap.range == Offset(rawValue: 0)...Offset(rawValue: 18))
            let others = try journal.readAll(.run(b))
            #expect(others.records == before && others.gaps.isEmpty)
            let all = try journal.readAll(.all, bytesMax: 1)
            #expect(all.records == before)
            #expect(all.gaps.count == 1)
            try journal.close()
            let view = try world.view()
            #expect(try view.readAll(.all).records == before)
            #expect(try view.readAll(.run(a)).gaps == items.gaps)
            #expect(try view.readAll(.run(b)).gaps.isEmpty)
            let report = try Verification.run("journal", environment: world.environment)
            #expect(report.isClean, "\(report.findings)")
            journal = try world.open("journal", options)
            #expect(journal.epochs.current == view.epochs.current, "round \(place)")
        }
        let receipt = try await journal.append([Draft(try .message(run: "a", content: "again"))])
        #expect(receipt.appended == 1)
        #expect(journal.run(a)?.lastSeq.rawValue == 11)
        let again = try journal.readAll(.run(a))
        #expect(again.records.count == 1 && again.gaps.first?.missed == 10)
        try journal.close()
    }

    @Test("afterwards no file has a byte of it")
    func bytes() async throws {
        let journal = try await filled(RemovalTests.small)
        _ = try await journal.append([Draft(try .message(run: "b", content: "last"))])
        _ = try await journal.delete(try run("a"))
        try journal.close()
        let layout = Layout(directory: "journal")
        for base in try layout.segmentBases(world.files) {
            let segment = SegmentFile(
                path: layout.segment(base), base: base, files: world.files)
            let loaded = try segment.load()
            #expect(loaded.footer.index.directory().runs[try run("a")] == nil)
            for group in loaded.footer.index.groups {
                _ = GroupDecoder.decode(
                    try segment.bytes(of: group), of: group, in: loaded.header,
                    isWanted: { _, _ in true },
                    yield: {
                        let text = String(decoding: $0.data, as: UTF8.self)
                        #expect(!text.contains(secret))
                    })
            }
        }
        #expect(try world.files.names(in: layout.segments).allSatisfy { !$0.contains("draft") })
    }

    @Test("what was said in a thread before its run was known goes with the run")
    func originals() async throws {
        let journal = try world.open()
        let unassigned = RunID.unassigned
        for content in ["one", "two"] {
            _ = try await journal.append([Draft(try .message(thread: "t", content: content))])
        }
        _ = try await journal.append([Draft(try .message(thread: "u", content: "other"))])
        _ = try await journal.append([Draft(try .thread("t", run: "a"))])
        #expect(journal.run(try run("a"))?.events == 3)
        _ = try await journal.delete(try run("a"))
        let items = try journal.readAll(.run(unassigned))
        #expect(items.records.map(\.seq.rawValue) == [3])
        #expect(items.gaps.map(\.missed) == [2])
        #expect(items.gaps.map(\.reason) == [.deleted])
        // The thread is forgotten too.
        _ = try await journal.append([Draft(try .message(thread: "t", content: "late"))])
        #expect(journal.run(try run("a")) == nil)
        try journal.close()
    }

    @Test("retention takes what is older, to the record, and spares pinned and open runs")
    func age() async throws {
        let journal = try await filled(RemovalTests.small)
        let (a, b) = (try run("a"), try run("b"))
        try await journal.pin(a)
        let all = try journal.readAll(.run(b)).records
        let cut = try journal.readAll(.run(a)).records[4].recordedAt
        let result = try await journal.prune(RetentionPolicy(before: cut))
        #expect(result.records == 4)
        #expect(try journal.readAll(.run(a)).records.count == 10)
        #expect(try journal.readAll(.run(a)).gaps.isEmpty)
        let items = try journal.readAll(.run(b))
        #expect(items.records == Array(all.dropFirst(4)))
        #expect(items.gaps.map(\.missed) == [4])
        #expect(items.gaps.map(\.reason) == [.retention])
        #expect(journal.run(b)?.firstID.offset == all[4].offset)
        // A reader who has them misses nothing, one in between not all of them.
        #expect(try journal.readAll(.run(b), from: Cursor(after: all[3].offset)).gaps.isEmpty)
        #expect(try journal.readAll(.run(b), from: Cursor(after: all[1].offset)).gaps.count == 1)
        try await journal.pin(a, false)
        let rest = try await journal.prune(RetentionPolicy(before: cut))
        #expect(rest.records == 4)
        let left = try journal.readAll(.run(a)).records.map(\.offset.rawValue)
        #expect(left == [8, 10, 12, 14, 16, 18])
        let count = try journal.readAll(.all).records.count
        #expect(count == 12)
        try journal.close()
        let report = try Verification.run("journal", environment: world.environment)
        #expect(report.isClean, "\(report.findings)")
    }

    @Test("everything may go, and offsets go on")
    func everything() async throws {
        var journal = try await filled(RemovalTests.small)
        let end = journal.end
        let epoch = journal.epochs.current
        world.clock.advance(microseconds: 1)
        let now = world.clock.now().wall
        _ = try await journal.prune(RetentionPolicy(before: now))
        #expect(journal.runs(limit: 10, before: nil, matching: nil).isEmpty)
        #expect(try world.files.names(in: "journal/segments").isEmpty)
        try journal.close()
        journal = try world.open("journal", RemovalTests.small)
        #expect(journal.end == end && journal.epochs.current == epoch)
        #expect(try journal.readAll(.run(try run("b"))).gaps.map(\.missed) == [10])
        let receipt = try await journal.append([Draft(try .message(run: "b", id: "m1"))])
        #expect(receipt.firstID?.offset == end)
        #expect(journal.run(try run("b"))?.lastSeq.rawValue == 11)
        try journal.close()
    }

    @Test("retention by size takes no more than it must, and whole segments where it may be coarse")
    func size() async throws {
        let journal = try await filled(RemovalTests.small)
        let sizes = { () throws -> [UInt64] in
            let layout = Layout(directory: "journal")
            return try layout.segmentBases(world.files).map {
                try world.files.open(layout.segment($0), for: .reading).length()
            }
        }
        let total = try sizes().reduce(0, +)
        let records = try journal.readAll(.all).records
        _ = try await journal.prune(
            RetentionPolicy(bytesMax: total / 2, takesWholeSegmentsOnly: true))
        #expect(try sizes().reduce(0, +) <= total / 2)
        let left = try journal.readAll(.all).records
        #expect(!left.isEmpty && Array(records.suffix(left.count)) == left)
        try journal.close()
    }

    @Test("why a removal is not finished is told until it is")
    func failure() async throws {
        var told = 0
        for calls in 0..<60 {
            let world = TestWorld(seed: UInt64(calls))
            let journal = try world.open("journal", RemovalTests.small)
            for number in 0..<12 {
                _ = try await journal.append([
                    Draft(try .message(run: number % 2 == 0 ? "a" : "b", content: "\(number)"))
                ])
            }
            world.files.fail(after: calls, count: .max, with: .diskFull)
            let isDone = (try? await journal.delete(try run("a"))) != nil
            let isTold = journal.removalFailure != nil
            #expect(!isDone || !isTold, "after \(calls) calls")
            told += isTold ? 1 : 0
            world.files.fail(after: 0, count: 0)
            _ = try await journal.prune(RetentionPolicy())
            #expect(journal.removalFailure == nil)
            let isGone = try journal.run(run("a")) == nil
            #expect(!isTold || isGone, "after \(calls) calls")
            try journal.close()
        }
        #expect(told > 0)
    }

    @Test("a removal that fails half-way is finished by the next start")
    func interrupted() async throws {
        var finished = 0
        for calls in 0..<60 {
            let world = TestWorld(seed: UInt64(calls))
            var journal = try world.open("journal", RemovalTests.small)
            for number in 0..<12 {
                _ = try await journal.append([
                    Draft(try .message(run: number % 2 == 0 ? "a" : "b", content: "\(number)"))
                ])
            }
            world.files.fail(after: calls, count: .max, isShort: calls % 2 == 0)
            if (try? await journal.delete(try run("a"))) != nil { finished += 1 }
            world.files.kill()
            try? journal.close()
            journal = try world.open("journal", RemovalTests.small)
            // Nothing to take, but behind what is to be finished.
            _ = try await journal.prune(RetentionPolicy())
            let items = try journal.readAll(.all)
            let isGone = journal.run(try run("a")) == nil
            #expect(items.records.count == (isGone ? 6 : 12), "after \(calls) calls")
            #expect(items.gaps.count == (isGone ? 1 : 0))
            #expect(try journal.readAll(.run(try run("b"))).gaps.isEmpty)
            try journal.close()
            let report = try Verification.run("journal", environment: world.environment)
            #expect(report.isClean, "after \(calls) calls: \(report.findings)")
        }
        #expect(finished > 0)
    }
}
