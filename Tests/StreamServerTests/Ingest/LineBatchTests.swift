import Journal
import Testing

@testable import StreamServer

@Suite("Line batch")
struct LineBatchTests {
    private func batch(_ lines: [String], key: String = "k") throws -> LineBatch {
        var batch = LineBatch(key: key)
        for line in lines { try batch.add(Array(line.utf8)) }
        return batch
    }

    @Test(
        "a line is recorded as of now, in the run that it or its data names, whatever else it says")
    func drafts() throws {
        let time = "2020-01-01T00:00:00Z"
        let drafts = try batch([
            #"{"id":"k7q2m9xa-5","offset":5,"seq":1,"run_id":"beside","event":"t","recorded_at":"\#(time)","data":{"run_id":"within","created_at":"\#(time)"}}"#,
            #"{"event_type":"t","data":{"run_id":"within","timestamp":"\#(time)"}}"#,
            #"{"event":"t","data":{"thread_id":"x"}}"#,
        ]).drafts
        #expect(drafts.map { $0.run?.name } == ["beside", "within", nil])
        #expect(drafts.allSatisfy { $0.eventTime == nil && $0.origin == nil })
    }

    @Test(
        "equal lines are different events; the same batch again has the same keys, another others")
    func keys() throws {
        let lines = Array(repeating: #"{"event":"t","data":{}}"#, count: 3)
        let keys = try batch(lines).drafts.map(\.key)
        #expect(Set(keys).count == 3)
        #expect(try batch(lines).drafts.map(\.key) == keys)
        #expect(Set(try batch(lines, key: "l").drafts.map(\.key)).isDisjoint(with: keys))
    }

    @Test(
        "what is no event is refused and leaves the batch as it was",
        arguments: [
            "x", "[]", "{}", #"{"event":"t"}"#, #"{"event":"t","data":[]}"#,
            #"{"event":"t","run_id":"","data":{}}"#, #"{"event":"ping","data":{}}"#,
            #"{"event":"journal_gap","id":"k7q2m9xa-5","data":{}}"#,
        ])
    func refuses(line: String) throws {
        var batch = try batch([#"{"event":"t","data":{}}"#])
        let error = try #require(throws: JournalError.self) { try batch.add(Array(line.utf8)) }
        #expect(error.code == .invalidEvent)
        #expect(batch.lines.count == 1)
        #expect(batch.drafts.count == 1)
    }

    @Test("a message is known by its id, other lines are not; a batch that comes again is known")
    func duplicates() async throws {
        try await withJournal { journal in
            let lines = [
                #"{"event":"t","data":{"message_id":"m"}}"#, #"{"event":"t","data":{"a":1}}"#,
            ]
            func record(_ key: String) async throws -> Receipt {
                try await journal.append(try batch(lines, key: key).drafts, atomically: false)
            }
            #expect(try await record("1").appended == 2)
            #expect(try await record("1").duplicates == 2)
            let other = try await record("2")
            #expect(other.appended == 1)
            #expect(other.duplicates == 1)
        }
    }
}
