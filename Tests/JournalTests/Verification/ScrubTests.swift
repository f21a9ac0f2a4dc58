import TestSupport
import Testing

@testable import Journal

@Suite("Scrub")
struct ScrubTests {
    /// An open journal of two sealed segments of two runs, and where those are.
    private func opened() throws -> (TestWorld, Journal, paths: [String]) {
        let world = TestWorld()
        var paths: [String] = []
        for segment in 0..<2 {
            let journal = try world.open()
            for number in 0..<6 {
                // A group ends where the wall clock jumps.
                if number % 3 == 0 { world.clock.shiftWall(microseconds: 5_000_000) }
                try say(journal, "m\(segment)-\(number)", run: "r\(number % 2)", world)
            }
            try journal.close()
            paths = try world.files.names(in: "journal/segments").sorted()
        }
        #expect(paths.count == 2)
        return (world, try world.open(), paths.map { "journal/segments/\($0)" })
    }

    private func say(_ journal: Journal, _ id: String, run: String, _ world: TestWorld) throws {
        _ = try journal.appendNow([Draft(try .message(run: run, id: id, content: "word \(id)"))])
    }

    private func scrub(_ journal: Journal) -> Scrub {
        Scrub(journal, intervalSeconds: 3600, random: 0)
    }

    /// Lets a scrub do what is due, and what is due soon after.
    @discardableResult
    private func work(_ scrub: inout Scrub, _ world: TestWorld) throws -> [Int] {
        var reads: [Int] = []
        for _ in 0..<10_000 {
            let now = world.clock.now()
            switch scrub.step(at: now) {
            case .read(let bytes): reads.append(bytes)
            case .rest(let end) where end > now.monotonicMicroseconds + 2_000_000: return reads
            case .rest: world.clock.advance(microseconds: 1_000_000)
            }
        }
        Issue.record("the scrub does not rest")
        return reads
    }

    @Test("every byte of every sealed segment is read, nothing is found, and nothing is written")
    func clean() throws {
        let (world, journal, paths) = try opened()
        let changes = world.files.changes
        var scrub = scrub(journal)
        #expect(scrub.status.lastPass == nil)
        try work(&scrub, world)
        let bytes = paths.reduce(0) { $0 + (world.files.contents($1)?.count ?? 0) }
        #expect(scrub.status.bytes == UInt64(bytes))
        #expect(scrub.status.segments == 2 && scrub.status.findings.isEmpty)
        #expect(scrub.status.lastPass != nil)
        #expect(world.files.changes == changes)
        try journal.close()
    }

    @Test("any bit that flips in a sealed segment is found, and told as verify tells it")
    func flips() throws {
        let (world, first, paths) = try opened()
        try first.close()
        let path = paths[0]
        let whole = try #require(world.files.contents(path))
        func flip(_ bit: Int) {
            world.files.change(path) {
                $0 = whole
                $0[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
        // Beside a writer, verify cannot know which footers have to be there.
        let told = (0..<whole.count * 8).map { bit in
            flip(bit)
            return try? Verification.run("journal", environment: world.environment).findings
        }
        world.files.change(path) { $0 = whole }
        let journal = try world.open()
        for (bit, told) in told.enumerated() {
            flip(bit)
            var scrub = scrub(journal)
            try work(&scrub, world)
            let found = scrub.status.findings
            #expect(!found.isEmpty && found.allSatisfy { $0.path == path && $0.kind == .damage })
            // A version that is not known is all that verify says.
            if let told { #expect(found == told.filter { $0.path == path }, "bit \(bit)") }
        }
        try journal.close()
    }

    @Test("damage is told with file, position, offsets and runs, and until it is mended")
    func mended() throws {
        let (world, journal, paths) = try opened()
        let whole = try #require(world.files.contents(paths[1]))
        let group = try LoadedSegment.read(path: paths[1], files: world.files)
            .footer.index.groups[0]
        world.files.change(paths[1]) { $0[Int(group.position.rawValue) + group.length - 1] ^= 4 }
        var scrub = scrub(journal)
        try work(&scrub, world)
        let finding = try #require(scrub.status.findings.first)
        #expect(scrub.status.findings.count == 1 && finding.path == paths[1])
        #expect(
            finding.offsets?.upperBound == group.last && finding.runs.map(\.name) == ["r0", "r1"])
        #expect(finding.position.map { $0 >= group.position } == true)
        world.clock.advance(microseconds: 3_700_000_000)
        try work(&scrub, world)
        #expect(scrub.status.findings == [finding])
        world.files.change(paths[1]) { $0 = whole }
        world.clock.advance(microseconds: 3_700_000_000)
        try work(&scrub, world)
        #expect(scrub.status.findings.isEmpty && scrub.status.segments == 6)
        try journal.close()
    }

    @Test("every length to which a sealed segment can be cut is found")
    func cuts() throws {
        let (world, journal, paths) = try opened()
        let whole = try #require(world.files.contents(paths[0]))
        for length in 0..<whole.count {
            world.files.change(paths[0]) { $0 = Array(whole.prefix(length)) }
            var scrub = scrub(journal)
            try work(&scrub, world)
            #expect(!scrub.status.findings.isEmpty, "cut to \(length) bytes")
        }
        try journal.close()
    }

    @Test("bytes that no group of a good footer accounts for are found, as verify finds them")
    func uncovered() throws {
        let (world, first, paths) = try opened()
        try first.close()
        let loaded = try LoadedSegment.read(path: paths[1], files: world.files)
        let file = try world.files.open(paths[1], for: .reading)
        let identities = try #require(try loaded.identities(in: file))
        world.files.change(paths[1]) { bytes in
            bytes.removeLast(bytes.count - Int(loaded.blocksEnd.rawValue))
            bytes += [UInt8](repeating: 0x5A, count: 40)
            bytes += loaded.footer.encoded(with: identities, at: loaded.blocksEnd + 40).bytes
        }
        let told = try Verification.run("journal", environment: world.environment).findings
            .filter { $0.path == paths[1] }
        #expect(told.map(\.message) == ["the footer does not fit the blocks"])
        let journal = try world.open()
        var scrub = scrub(journal)
        try work(&scrub, world)
        #expect(scrub.status.findings == told)
        try journal.close()
    }

    @Test("a segment that retention takes is no finding, whenever it goes")
    func retention() throws {
        for steps in 0..<8 {
            let (world, journal, paths) = try opened()
            var scrub = scrub(journal)
            for _ in 0..<steps { _ = scrub.step(at: world.clock.now()) }
            // The file may go before the list tells of it.
            try world.files.remove(paths[0])
            if steps % 2 == 0 { _ = scrub.step(at: world.clock.now()) }
            #expect(scrub.status.findings.isEmpty, "after \(steps) steps, while it is listed")
            journal.reader.state.withLock { _ = $0.segments.removeFirst() }
            try work(&scrub, world)
            #expect(scrub.status.findings.isEmpty, "after \(steps) steps")
            try journal.close()
        }
    }

    @Test("a segment that is gone and still listed is a finding")
    func missing() throws {
        let (world, journal, paths) = try opened()
        try world.files.remove(paths[0])
        var scrub = scrub(journal)
        try work(&scrub, world)
        #expect(scrub.status.findings.map(\.path) == [paths[0]])
        #expect(scrub.status.segments == 1)
        try journal.close()
    }

    @Test("a segment that is sealed between passes is checked at once, and one that is open never")
    func sealed() throws {
        let (world, journal, _) = try opened()
        var scrub = scrub(journal)
        try say(journal, "open", run: "r0", world)
        try work(&scrub, world)
        #expect(scrub.status.segments == 2)
        let open = "journal/segments/00000000000000000012.tape"
        let bytes = try #require(world.files.contents(open)?.count)
        try journal.close()
        // What the committer does when a segment is full.
        journal.reader.state.withLock {
            #expect($0.segments.last?.path == open && $0.segments.last?.isSealed == true)
        }
        let reads = try work(&scrub, world)
        #expect(scrub.status.segments == 3 && scrub.status.findings.isEmpty)
        #expect(reads.reduce(0, +) > bytes)
    }

    @Test("a segment that was given up without a footer is left to the next start")
    func abandoned() throws {
        let (world, journal, _) = try opened()
        try say(journal, "before", run: "r0", world)
        world.files.fail(after: 1)
        try say(journal, "again", run: "r0", world)
        #expect(journal.reader.state.withLock { $0.segments.last?.isSealed } == false)
        var scrub = scrub(journal)
        try work(&scrub, world)
        #expect(scrub.status.segments == 2 && scrub.status.findings.isEmpty)
        try journal.close()
    }

    @Test("what recovery found lost and told before is no finding")
    func recovered() throws {
        let (world, journal, paths) = try opened()
        try journal.close()
        let end = try #require(world.files.contents(paths[0])?.count)
        let group = try LoadedSegment.read(path: paths[0], files: world.files)
            .footer.index.groups[0]
        // Neither the footer nor the first group can be read at the next start.
        world.files.change(paths[0]) {
            $0[end - 1] ^= 1
            $0[Int(group.position.rawValue) + group.length - 1] ^= 1
        }
        let reopened = try world.open()
        #expect(reopened.hasLosses)
        var scrub = scrub(reopened)
        try work(&scrub, world)
        #expect(scrub.status.findings.isEmpty && scrub.status.segments >= 2)
        try reopened.close()
    }

    @Test("a step takes a piece, or one group that is larger, whatever a segment's length")
    func pieces() throws {
        let world = TestWorld()
        var generator = SplitMix64(seed: 7)
        let first = try world.open()
        for number in 0..<120 {
            let length = number == 60 ? 700_000 : 20_000
            let noise = (0..<length).map { _ in
                "abcdefghijklmnopqrstuvwxyz012345".utf8.map { $0 }[generator.below(32)]
            }
            _ = try first.appendNow([
                Draft(
                    try .message(
                        run: "r", id: "\(number)", content: String(decoding: noise, as: UTF8.self)))
            ])
        }
        try first.close()
        let journal = try world.open()
        var scrub = scrub(journal)
        let reads = try work(&scrub, world)
        let large = reads.filter { $0 > SegmentScrub.pieceBytes }
        #expect(large.count == 1 && reads.count > 8, "\(reads)")
        #expect(reads.count { $0 > SegmentScrub.pieceBytes / 3 } > 5, "groups are read together")
        #expect(scrub.status.findings.isEmpty)
        try journal.close()
    }

    @Test("a segment that is damaged everywhere is told in a bounded number of findings")
    func bounded() throws {
        let world = TestWorld()
        let first = try world.open()
        for number in 0..<400 {
            world.clock.shiftWall(microseconds: 5_000_000)
            _ = try first.appendNow([
                Draft(
                    try .message(
                        run: "r", id: "\(number)", content: String(repeating: "ab", count: 70_000)))
            ])
        }
        try first.close()
        let path =
            "journal/segments/\(try #require(try world.files.names(in: "journal/segments").first))"
        let groups = try LoadedSegment.read(path: path, files: world.files).footer.index.groups
        #expect(groups.count > 2 * SegmentScrub.findingsMax)
        world.files.change(path) { bytes in
            for group in groups { bytes[Int(group.position.rawValue) + 3] ^= 1 }
        }
        let journal = try world.open()
        var scrub = scrub(journal)
        try work(&scrub, world)
        let found = scrub.status.findings
        #expect(found.count >= SegmentScrub.findingsMax && found.count < groups.count)
        #expect(found.last?.message.contains("more of it is damaged") == true)
        try journal.close()
    }
}
