import Foundation
import Journal
import TestSupport
import Testing

@Suite("The catalog, whatever happens to it and to the journal")
struct CatalogModelTests {
    @Test("forgets a segment that was sealed without a record, before its name is used again")
    func emptySegment() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.path, withIntermediateDirectories: true)
        let world = TestWorld(keepsCatalog: true)
        let run = try #require(RunID("r"))
        var journal = try world.open(directory.path)
        _ = try journal.appendNow([Draft(try .message(run: "r", id: "m1"))])
        try journal.close()
        journal = try world.open(directory.path)
        world.files.capacity = world.files.used + 400
        let noise = (0..<900).map { String($0 &* 2_654_435_761, radix: 36) }.joined()
        #expect { try journal.appendNow([Draft(try .message(run: "r", content: noise))]) } throws: {
            ($0 as? JournalError)?.code == .diskFull
        }
        world.files.capacity = nil
        try journal.close()
        journal = try world.open(directory.path)
        let second = Draft(try .message(run: "r", id: "m2"))
        #expect(try journal.appendNow([second]).appended == 1)
        world.files.kill()
        try? journal.close()
        journal = try world.open(directory.path)
        #expect(try journal.readAll(.run(run)).records.map(\.offset.rawValue) == [0, 1])
        #expect(try journal.appendNow([second]).duplicates == 1)
        try journal.close()
    }

    @Test("gives what the segments' footers give: grown, rebuilt, damaged, or of another day")
    func property() throws {
        let environment = ProcessInfo.processInfo.environment
        let given = environment["TAPEDECK_SEED"].flatMap { UInt64($0) }
        var seeds = SplitMix64(seed: .random(in: .min ... .max))
        let count = environment["TAPEDECK_DEEP"] == "1" ? 500 : 20
        for _ in 0..<(given == nil ? count : 1) {
            let seed = given ?? seeds.next()
            let directory = TemporaryDirectory()
            try FileManager.default.createDirectory(
                atPath: directory.path, withIntermediateDirectories: true)
            var sequence: ModelSequence?
            do {
                sequence = try ModelSequence(seed: seed, isRough: true, catalog: directory.path)
                try sequence?.run(100)
            } catch {
                let failure = CrashCampaign.Failure(
                    seed: seed, isRough: true, what: "\(error)", trace: sequence?.trace ?? [])
                Issue.record("\(failure)")
                return
            }
        }
    }
}
