import Dispatch
import Foundation
import GRDB
import Journal
import Testing

@testable import StreamServer

@Suite("A healer, after something is recorded")
struct RegistryHealerBackgroundTests {
    private let whole = long("All that was said. ", 250)

    @Test("a message that is recorded cut is amended when the registry has it, once")
    func amends() async throws {
        try await withBench { bench in
            _ = try await bench.journal.append([heardThread("t", run: "r")])
            try await bench.hear(heard("m", thread: "t", whole), heard("n", thread: "t", "short"))
            await bench.work()
            #expect(try bench.recorded("r").count == 3)
            try bench.database.addThread("t", run: "r")
            try bench.database.addMessage("m", thread: "t", whole)
            try bench.database.addMessage("n", thread: "t", "short")
            await bench.work(for: .seconds(60))
            let expected = [
                "thread_created t", "message_sent m=\(cut(whole))", "message_sent n=short",
                "journal_amend m=\(whole)",
            ]
            #expect(try bench.recorded("r") == expected)
            // A healer that starts anew finds nothing to do.
            let next = HealerBench(bench.journal, bench.database)
            next.healer.reconcile(since: nil)
            next.healer.reconcile(since: Timestamp(microseconds: 0))
            await next.work(for: .seconds(60))
            #expect(try bench.recorded("r") == expected)
        }
    }

    @Test("a message that was recorded cut before a kill is amended after the start")
    func amendsAfterStart() async throws {
        try await withBench { bench in
            _ = try await bench.journal.append([
                heardThread("t", run: "r"), heard("m", thread: "t", whole),
                heard("known", thread: "t", "known"),
            ])
            try bench.database.addThread("t", run: "r", at: 1)
            try bench.database.addMessage("known", thread: "t", "known", at: 2)
            try bench.database.addMessage("m", thread: "t", whole, at: 3)
            bench.healer.reconcile(since: nil)
            await bench.work()
            let records = try bench.records("r")
            #expect(try bench.recorded("r").last == "journal_amend m=\(whole)")
            #expect(records.count == 4)
            #expect(records.last?.eventTime == records.dropLast().last?.recordedAt)
        }
    }

    @Test("what was locked is made up for when the lock is gone")
    func unlocks() async throws {
        try await withBench { bench in
            try bench.database.addThread("t", run: "r")
            try bench.database.addThread("u", run: "found")
            try bench.database.lock()
            try await bench.hear(heardThread("t", run: "r"))
            for number in 0..<600 {
                try bench.database.addMessage("m\(number)", thread: "t", long("\(number) ", 200))
                try await bench.hear(heard("m\(number)", thread: "t", long("\(number) ", 200)))
            }
            try bench.database.addMessage("d", thread: "t", "Do it", kind: "delegation")
            try await bench.hear(heard("orphan", thread: "u", "one"))
            await bench.work(for: .seconds(5))
            #expect(try bench.recorded("r").count == 601)
            #expect(try bench.recorded("unassigned") == ["message_sent orphan=one"])
            try bench.database.unlock()
            await bench.work(for: .seconds(60))
            let recorded = try bench.recorded("r")
            #expect(recorded.contains("message_sent d=Do it"))
            let amended = recorded.filter { $0.hasPrefix("journal_amend") }
            let expected = (0..<600).map { "journal_amend m\($0)=\(long("\($0) ", 200))" }
            #expect(amended.sorted() == expected.sorted())
            #expect(
                try bench.recorded("found") == ["thread_created u", "message_sent orphan=one"])
        }
    }

    @Test("while the registry hangs nothing is said twice, and what is missing follows")
    func hangs() async throws {
        try await withBench { bench in
            try await bench.hear(heardThread("t", run: "r"))
            try bench.database.addThread("t", run: "r")
            try bench.database.addMessage("m", thread: "t", whole)
            try bench.database.addMessage("d", thread: "t", "Do it", kind: "delegation")
            try bench.database.addMessage("n", thread: "t", whole)
            try await bench.hear(heard("m", thread: "t", whole))
            let gate = DispatchSemaphore(value: 0)
            let stuck = await bench.healer.reader.attempt(within: .milliseconds(1)) { _ in
                gate.wait()
                return true
            }
            #expect(stuck == nil)
            let receipt = try await bench.hear(
                heard("m", thread: "t", whole), heard("n", thread: "t", whole))
            #expect(receipt.duplicates == 1 && receipt.appended == 1)
            gate.signal()
            await bench.work(for: .seconds(60))
            #expect(
                try bench.recorded("r").sorted() == [
                    "journal_amend n=\(whole)", "message_sent d=Do it", "message_sent m=\(whole)",
                    "message_sent n=\(cut(whole))", "thread_created t",
                ])
        }
    }

    @Test("an orphan that is cut is found in its run, and amended there")
    func orphan() async throws {
        try await withBench { bench in
            try await bench.hear(heard("m", thread: "u", whole))
            try bench.database.addThread("u", run: "found")
            try bench.database.addMessage("m", thread: "u", whole)
            await bench.work(for: .seconds(60))
            #expect(
                try bench.recorded("found") == [
                    "thread_created u", "message_sent m=\(cut(whole))", "journal_amend m=\(whole)",
                ])
            #expect(try bench.recorded("unassigned") == ["message_sent m=\(cut(whole))"])
        }
    }

    @Test("after an outage what is missing is fetched, in order, and nothing that is recorded")
    func reconciles() async throws {
        try await withBench { bench in
            try bench.database.addThread("old", run: "old", at: 0)
            try bench.database.addMessage("long-ago", thread: "old", "no", at: 1)
            try bench.database.addThread("t", run: "r", at: 3600)
            try bench.database.addMessage("d", thread: "t", "Do it", kind: "delegation", at: 3601)
            try bench.database.addMessage("seen", thread: "t", "seen", at: 3602)
            try bench.database.addMessage("cut", thread: "t", whole, at: 3603)
            try bench.database.addThread("u", run: "s", at: 3604, status: "timeout", endedAt: 3606)
            try bench.database.addMessage("lost", thread: "u", "lost", at: 3605)
            try bench.database.addMessage("lost-too", thread: "t", "lost too", at: 3607)
            _ = try await bench.journal.append([
                heardThread("t", run: "r"), heard("seen", thread: "t", "seen"),
                heard("cut", thread: "t", whole),
            ])
            bench.healer.reconcile(since: Timestamp(rfc3339: time(3600)))
            await bench.work()
            #expect(
                try bench.recorded("r") == [
                    "thread_created t", "message_sent seen=seen", "message_sent cut=\(cut(whole))",
                    "message_sent d=Do it", "journal_amend cut=\(whole)",
                    "message_sent lost-too=lost too",
                ])
            #expect(
                try bench.recorded("s") == [
                    "thread_created u", "message_sent lost=lost", "thread_closed u",
                ])
            let lost = try bench.records("s")
            #expect(
                lost.map(\.eventTime) == [3604, 3605, 3606].map { Timestamp(rfc3339: time($0)) })
            #expect(try bench.recorded("old") == [], "it was long before the outage")
            // The upstream tells the same late, in its own words.
            let late = try await bench.hear(
                heard("lost-too", thread: "t", "lost too"), heardThread("u", run: "s"),
                heardEnd("u", status: "timeout"), heard("lost", thread: "u", "lost"))
            #expect(late.appended == 0 && late.duplicates == 4)
        }
    }

    @Test("without a time, everything is looked for in the runs that are known, and in no others")
    func knownRuns() async throws {
        try await withBench { bench in
            for run in ["known", "unknown", "orphaned"] {
                try bench.database.addThread("t-\(run)", run: run, status: "completed", endedAt: 9)
                try bench.database.addMessage("m-\(run)", thread: "t-\(run)", run, at: 5)
            }
            _ = try await bench.journal.append([
                heardThread("t-known", run: "known"), heard("x", thread: "t-orphaned", "waits"),
            ])
            bench.healer.reconcile(since: nil)
            await bench.work()
            #expect(
                try bench.recorded("known") == [
                    "thread_created t-known", "message_sent m-known=known", "thread_closed t-known",
                ])
            #expect(
                try bench.recorded("orphaned") == [
                    "thread_created t-orphaned", "message_sent x=waits",
                    "message_sent m-orphaned=orphaned", "thread_closed t-orphaned",
                ])
            #expect(try bench.recorded("unknown") == [])
        }
    }

    @Test("what happens after a pass was asked for is left to come by itself")
    func fresh() async throws {
        try await withBench { bench in
            let now = bench.time.clock.wall()
            let row = { (id: String, microseconds: Int64) in
                try bench.database.addMessage(id, thread: "t", id)
                try bench.database.execute(
                    "UPDATE agent_conversation_messages SET created_at = ? WHERE message_id = ?",
                    [Timestamp(microseconds: now.microseconds + microseconds).description, id])
            }
            _ = try await bench.journal.append([heardThread("t", run: "r")])
            try bench.database.addThread("t", run: "r")
            try row("before", 0)
            try row("after", 1)
            try row("long-after", 60_000_000)
            bench.healer.reconcile(since: now)
            await bench.work()
            #expect(try bench.recorded("r") == ["thread_created t", "message_sent before=before"])
        }
    }

    @Test("a registry that comes later is found")
    func comesLater() async throws {
        try await withJournal { journal in
            let database = try RegistryDatabase()
            let path = database.directory.appending(path: "later.db").path
            let bench = HealerBench(journal, database, path: path)
            _ = try await journal.append([heardThread("t", run: "r")])
            try await bench.hear(heard("m", thread: "t", whole))
            await bench.work()
            try database.addMessage("m", thread: "t", whole)
            try FileManager.default.copyItem(atPath: database.path, toPath: path)
            await bench.work(for: .seconds(60))
            #expect(try bench.recorded("r").last == "journal_amend m=\(whole)")
        }
    }

    @Test("the file is let go when nobody needs it")
    func rests() async throws {
        try await withBench(.log) { bench in
            _ = try await bench.journal.append([heardThread("t", run: "r")])
            try bench.database.addMessage("m", thread: "t", whole)
            try await bench.hear(heard("m", thread: "t", whole))
            await bench.work()
            // Behind what rests, on the same thread.
            _ = try await bench.healer.reader.read { _ in 0 }
            bench.healer.reader.rest()
            _ = await bench.healer.reader.attempt(within: nil) { _ in 0 }
            try bench.database.close()
            #expect(bench.database.files == ["registry.db"])
        }
    }

    @Test("damaged rows do not stop a pass")
    func damaged() async throws {
        try await withJournal { journal in
            let database = try RegistryDatabase(schema: RegistryDatabase.looseSchema)
            let bench = HealerBench(journal, database)
            _ = try await journal.append([heardThread("t", run: "r")])
            try database.addThread("t", run: "r")
            try database.execute(
                "INSERT INTO agent_conversation_threads(thread_id) VALUES ('bad'), (NULL), (x'00')")
            for number in 0..<30 { try database.addMessage("m\(number)", thread: "t", "\(number)") }
            try database.execute(
                "UPDATE agent_conversation_messages SET content = NULL WHERE rowid % 3 = 0")
            try database.execute(
                "UPDATE agent_conversation_messages SET metadata = '{' WHERE rowid % 3 = 1")
            bench.healer.reconcile(since: nil)
            await bench.work()
            #expect(try bench.recorded("r").count == 1 + 20)
        }
    }
}
