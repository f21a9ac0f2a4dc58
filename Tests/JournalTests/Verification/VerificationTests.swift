@testable import Journal
import TestSupport
import Testing

@Suite("Verification")
struct VerificationTests {
    /// A journal of two sealed segments and two runs, in order.
    private func stopped() throws -> (TestWorld, paths: [String]) {
        let world = TestWorld()
        var paths: [String] = []
        for segment in 0..<2 {
            let journal = try world.open()
            for number in 0..<6 {
                if number % 3 == 0 { world.clock.shiftWall(microseconds: 5_000_000) }
                _ = try journal.appendNow([
                    Draft(
                        try .message(
                            run: "r\(number % 2)", id: "m\(segment)-\(number)",
                            content: "word \(number)"))
                ])
            }
            try journal.close()
            paths = try world.files.names(in: "journal/segments").sorted()
        }
        #expect(paths.count == 2)
        return (world, paths.map { "journal/segments/\($0)" })
    }

    private func verify(_ world: TestWorld) throws(JournalError) -> VerificationReport {
        try Verification.run("journal", environment: world.environment)
    }

    @Test("a journal that was stopped in order is clean, and every byte is counted")
    func clean() throws {
        let (world, paths) = try stopped()
        let report = try verify(world)
        #expect(report.findings.isEmpty)
        #expect(report.segments == 2 && report.records == 12)
        let files = paths + ["journal/MANIFEST"]
        let bytes = files.reduce(0) { $0 + (world.files.contents($1)?.count ?? 0) }
        #expect(report.bytes == UInt64(bytes))
    }

    @Test("beside its writer, and after a kill, a journal is clean")
    func open() throws {
        let (world, _) = try stopped()
        let journal = try world.open()
        #expect(try verify(world).isClean)
        for number in 0..<3 {
            _ = try journal.appendNow([Draft(try .message(run: "r0", id: "later \(number)"))])
            let report = try verify(world)
            #expect(report.isClean && report.records == 13 + UInt64(number))
        }
        world.files.kill()
        let report = try verify(world)
        #expect(report.isClean && report.records == 15)
        #expect(report.findings.contains { $0.message.contains("not sealed") })
    }

    @Test("a torn tail is reported, and clean; a published byte that is bad is damage")
    func tail() throws {
        let (world, _) = try stopped()
        let journal = try world.open()
        for number in 0..<3 {
            _ = try journal.appendNow([Draft(try .message(run: "r0", id: "later \(number)"))])
        }
        world.files.kill()
        let path = "journal/segments/00000000000000000012.tape"
        let whole = try #require(world.files.contents(path))
        world.files.change(path) { $0 += [1, 2, 3] }
        var report = try verify(world)
        #expect(report.isClean)
        #expect(report.findings.contains { $0.position?.rawValue == UInt64(whole.count) })
        for bit in (whole.count - 20) * 8..<whole.count * 8 {
            world.files.change(path) {
                $0 = whole
                $0[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            report = try verify(world)
            #expect(!report.isClean)
        }
    }

    @Test("any bit that flips in a segment, the MANIFEST or the mark is told")
    func flips() throws {
        let (world, paths) = try stopped()
        for path in paths + ["journal/MANIFEST", "journal/durable"] {
            let whole = try #require(world.files.contents(path))
            for bit in 0..<whole.count * 8 {
                world.files.change(path) {
                    $0 = whole
                    $0[bit / 8] ^= 1 << UInt8(bit % 8)
                }
                let findings: [VerificationReport.Finding]
                do throws(JournalError) {
                    findings = try verify(world).findings
                } catch {
                    // A version that is not known is not guessed at.
                    #expect(error.code == .newerFormat)
                    continue
                }
                guard findings.contains(where: { $0.path == path }) else {
                    Issue.record("a flip of bit \(bit) in \(path) is not told")
                    return
                }
                // The last entry of a MANIFEST may be torn: then the stop is not known of.
                guard path == "journal/MANIFEST" || findings.contains(where: { $0.kind == .damage })
                else {
                    Issue.record("a flip of bit \(bit) in \(path) counts as clean")
                    return
                }
            }
            world.files.change(path) { $0 = whole }
        }
        #expect(try verify(world).findings.isEmpty)
    }

    @Test("damage in a group names file, position, offsets and runs")
    func group() throws {
        let (world, paths) = try stopped()
        let loaded = try LoadedSegment.read(path: paths[0], files: world.files)
        let group = loaded.footer.index.groups[1]
        world.files.change(paths[0]) { $0[Int(group.position.rawValue) + group.length - 1] ^= 4 }
        let damage = try #require(try verify(world).findings.first)
        #expect(damage.path == paths[0])
        #expect(damage.offsets?.upperBound == group.last)
        #expect(damage.position.map { $0 >= group.position } == true)
        #expect(damage.runs.map(\.name) == ["r0", "r1"])
    }

    @Test("a segment that is gone, cut, exchanged or doubled is damage")
    func files() throws {
        for fault in 0..<4 {
            let (world, paths) = try stopped()
            let first = try #require(world.files.contents(paths[0]))
            switch fault {
            case 0: try world.files.remove(paths[0])
            case 1: world.files.change(paths[0]) { $0.removeLast(100) }
            case 2: try world.files.remove(paths[1])
            default: world.files.change(paths[1]) { $0 = first }
            }
            let report = try verify(world)
            #expect(!report.isClean, "fault \(fault)")
            #expect(report.findings.contains { $0.offsets != nil } || fault == 1)
        }
    }

    @Test("every length to which a sealed segment can be cut is damage")
    func cuts() throws {
        let (world, paths) = try stopped()
        let whole = try #require(world.files.contents(paths[1]))
        for length in 0..<whole.count {
            world.files.change(paths[1]) { $0 = Array(whole.prefix(length)) }
            #expect(!(try verify(world).isClean), "cut to \(length) bytes")
        }
    }

    @Test("verifying changes nothing")
    func readsOnly() throws {
        let (world, _) = try stopped()
        let changes = world.files.changes
        _ = try verify(world)
        #expect(world.files.changes == changes)
    }

    @Test("where there is no journal, that is said")
    func nothing() throws {
        #expect(throws: JournalError.self) { try verify(TestWorld()) }
    }
}
