@testable import Journal
import TestSupport
import Testing

@Suite("An event that was recorded before")
struct DuplicateTests {
    enum Kind: String, CaseIterable { case messageID, key, origin }

    private func draft(_ kind: Kind, content: String = "hello") throws -> Draft {
        switch kind {
        case .messageID: Draft(try .message(run: "r", id: "m", content: content))
        case .key: Draft(try .message(run: "r", content: content), key: 7)
        case .origin:
            Draft(
                try .message(run: "r", content: content),
                origin: EventID(epoch: Epoch("elsewher"), offset: Offset(rawValue: 3)))
        }
    }

    @Test(
        "is answered with the id it has: in one batch, later, in another segment, after a start",
        arguments: Kind.allCases)
    func known(kind: Kind) throws {
        let world = TestWorld()
        let options = Journal.Options(segmentBytesMax: 200)
        var journal = try world.open("journal", options)
        let batch = try journal.appendNow([try draft(kind), try draft(kind)])
        #expect(batch.ids.map(\.offset.rawValue) == [0, 0])
        #expect(batch.appended == 1 && batch.duplicates == 1)
        for number in 0..<12 {
            _ = try journal.appendNow([Draft(try .message(run: "r", content: "\(number)"))])
            let again = try journal.appendNow([try draft(kind)])
            #expect(again.ids.map(\.offset.rawValue) == [0] && again.duplicates == 1)
        }
        #expect(try world.files.names(in: "journal/segments").count > 2)
        try journal.close()
        journal = try world.open("journal", options)
        #expect(try journal.appendNow([try draft(kind)]).duplicates == 1)
        #expect(try journal.appendNow([try draft(kind, content: "other")]).appended == 1)
        try journal.close()
    }

    @Test("is known though the list of identities is damaged, and one of its groups")
    func damagedIdentities() throws {
        let path = "journal/segments/00000000000000000000.tape"
        let world = TestWorld()
        let journal = try world.open("journal", Journal.Options(segmentRecordsMax: 200))
        func append(_ number: Int, run: String) throws -> Receipt {
            try journal.appendNow([
                Draft(try .message(run: run, id: "m\(number)", content: "\(number)"))
            ])
        }
        for number in 0..<200 { _ = try append(number, run: "r") }
        // What is known of a segment is forgotten while two others are written.
        for number in 0..<400 { _ = try append(number, run: "other") }
        #expect(try world.files.names(in: "journal/segments").count == 3)
        let loaded = try LoadedSegment.read(path: path, files: world.files)
        #expect(loaded.footer.index.groups.count == 3)
        let damaged = loaded.footer.index.groups[1]
        world.files.change(path) {
            $0[Int(loaded.blocksEnd.rawValue) + 5] ^= 1
            $0[Int(damaged.position.rawValue) + 40] ^= 1
        }
        for number in 0..<200 {
            let again = try append(number, run: "r")
            let isReadable = !(damaged.first...damaged.last).contains(
                Offset(rawValue: UInt64(number)))
            #expect(again.duplicates == (isReadable ? 1 : 0), "message \(number)")
        }
        try journal.close()
    }

    @Test("in another run is new; without message_id, key or origin it is always new")
    func notKnown() throws {
        let world = TestWorld()
        let journal = try world.open()
        _ = try journal.appendNow([Draft(try .message(run: "r", id: "m"))])
        #expect(try journal.appendNow([Draft(try .message(run: "s", id: "m"))]).appended == 1)
        for _ in 0..<2 {
            #expect(try journal.appendNow([Draft(try .message(run: "r"))]).appended == 1)
        }
        try journal.close()
    }

    @Test("names that String takes for equal are different runs")
    func spelling() throws {
        let world = TestWorld()
        let journal = try world.open()
        let runs = ["caf\u{E9}", "cafe\u{301}"]
        for run in runs {
            _ = try journal.appendNow([Draft(try .message(run: run, content: "x"))])
        }
        for run in runs {
            let id = try #require(RunID(run))
            let records = try journal.readAll(.run(id)).records
            #expect(records.map { Array($0.run.name.utf8) } == [Array(run.utf8)])
        }
        try journal.close()
        #expect(try world.view().runs(limit: 9, before: nil, matching: nil).count == 2)
    }
}
