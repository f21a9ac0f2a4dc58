import Foundation
import GRDB
import Journal
import Testing

@testable import StreamServer

@Suite("A healer, before something is recorded")
struct RegistryHealerTests {
    private let whole = long("All that was said. ", 250)

    /// A bench whose thread `t` of the run `r` is recorded.
    private func withThread(
        _ mode: RegistryDatabase.Mode = .rollback, _ body: (HealerBench) async throws -> Void
    ) async throws {
        try await withBench(mode) { bench in
            _ = try await bench.journal.append([heardThread("t", run: "r")])
            try await body(bench)
        }
    }

    @Test(
        "a content that was cut is recorded whole, and nothing else of the data changes",
        arguments: RegistryDatabase.Mode.allCases)
    func whole(mode: RegistryDatabase.Mode) async throws {
        try await withThread(mode) { bench in
            try bench.database.addMessage("m", thread: "t", whole)
            let draft = try heard("m", thread: "t", whole)
            try await bench.hear(draft)
            let last = try #require(try bench.records("r").last)
            let expected = text(draft.event.data).replacing(cut(whole), with: whole)
            #expect(text(last.data) == expected && last.key == draft.key)
            #expect(last.eventTime == nil)
            #expect(bench.time.pauses == 0)
        }
    }

    @Test("a row that is committed just after its broadcast is waited for")
    func waits() async throws {
        try await withThread { bench in
            let database = bench.database
            let isAdded = Locked(false)
            try database.addMessage("other", thread: "t", "x")
            try database.lock()
            try database.addMessage("m", thread: "t", whole)
            nonisolated(unsafe) let writer = database
            bench.time.onPause { number in
                guard number == 3 else { return }
                unsafe try writer.unlock()
                isAdded.withLock { $0 = true }
            }
            try await bench.hear(heard("m", thread: "t", whole))
            #expect(isAdded.withLock { $0 })
            #expect(try bench.recorded("r") == ["thread_created t", "message_sent m=\(whole)"])
        }
    }

    @Test("nothing is waited for longer than 50 ms, and then not again for a second")
    func patience() async throws {
        try await withThread { bench in
            try await bench.hear(heard("m1", thread: "t", whole))
            #expect(bench.time.passed > .milliseconds(40))
            #expect(bench.time.passed <= .milliseconds(50))
            let waited = bench.time.pauses
            try await bench.hear(heard("m2", thread: "t", whole))
            #expect(bench.time.pauses == waited, "it waited again")
            // What is there at once is taken all the same.
            try bench.database.addMessage("m3", thread: "t", whole)
            try await bench.hear(heard("m3", thread: "t", whole))
            #expect(bench.time.pauses == waited)
            #expect(try bench.recorded("r").last == "message_sent m3=\(whole)")
            bench.time.advance(.seconds(1))
            try await bench.hear(heard("m4", thread: "t", whole))
            #expect(bench.time.pauses > waited)
        }
    }

    @Test("a registry that is not there is not waited for at all")
    func missing() async throws {
        try await withJournal { journal in
            let database = try RegistryDatabase()
            let bench = HealerBench(
                journal, database, path: database.directory.appending(path: "none").path)
            try await bench.hear(
                heardThread("t", run: "r"), heard("m", thread: "t", whole),
                heard("u", thread: "unknown", whole))
            #expect(bench.time.pauses == 0)
            #expect(
                try bench.recorded("r") == ["thread_created t", "message_sent m=\(cut(whole))"])
            #expect(try bench.recorded("unassigned") == ["message_sent u=\(cut(whole))"])
        }
    }

    @Test("a lock is waited for once; what came meanwhile is recorded as it came, in order")
    func locked() async throws {
        try await withThread { bench in
            try bench.database.lock()
            for number in 0..<20 {
                try await bench.hear(heard("m\(number)", thread: "t", whole))
            }
            #expect(bench.time.passed <= .milliseconds(50))
            bench.time.advance(.seconds(60))
            let pauses = bench.time.pauses
            try await bench.hear(heard("m20", thread: "t", whole))
            #expect(bench.time.pauses == pauses, "the lock is still there")
            let expected = (0..<21).map { "message_sent m\($0)=\(cut(whole))" }
            #expect(try bench.recorded("r") == ["thread_created t"] + expected)
            try bench.database.unlock()
            try await bench.hear(heard("m21", thread: "t", whole))
            #expect(bench.time.pauses == pauses)
            try await bench.hear(heard("m22", thread: "t", whole))
            #expect(bench.time.pauses > pauses, "the lock is gone")
        }
    }

    @Test(
        "what is not cut, or cut from something else, stays as it is",
        arguments: ["", "short", long("s", 99), long("s", 100), long("s", 101)])
    func untouched(content: String) async throws {
        try await withThread { bench in
            try bench.database.addMessage("m", thread: "t", long("another text", 250))
            let draft = try heard("m", thread: "t", content)
            var other = JSONObject()
            other.add("message_id", "n")
            other.add("thread_id", "t")
            other.add("content", content)
            let second = Draft(try Event(type: .messageSent, data: other.json), key: 1)
            try await bench.hear(draft, second)
            #expect(
                try bench.recorded("r") == [
                    "thread_created t", "message_sent m=\(cut(content))",
                    "message_sent n=\(content)",
                ])
        }
    }

    @Test("a content of exactly 100 characters that is whole is not waited for")
    func exactly100() async throws {
        try await withThread { bench in
            try bench.database.addMessage("m", thread: "t", long("s", 100))
            try await bench.hear(heard("m", thread: "t", long("s", 100)))
            #expect(bench.time.pauses == 0)
        }
    }

    @Test("a thread's delegation is recorded right behind its creation")
    func delegation() async throws {
        try await withThread { bench in
            try bench.database.addThread("new", run: "r", at: 5)
            try bench.database.addMessage("d0", thread: "other", "no", kind: "delegation")
            try bench.database.addMessage("d1", thread: "new", "Do it", kind: "delegation", at: 5)
            try bench.database.addMessage("d2", thread: "new", "Again", kind: "delegation", at: 6)
            try await bench.hear(
                heardThread("new", run: "r"), heard("m", thread: "new", "short"))
            #expect(
                try bench.recorded("r") == [
                    "thread_created t", "thread_created new", "message_sent d1=Do it",
                    "message_sent m=short",
                ])
            let records = try bench.records("r")
            #expect(records[2].eventTime == Timestamp(rfc3339: time(5)))
            #expect(
                text(records[2].data)
                    == #"{"run_id":"r","thread_id":"new","message_id":"d1","from_agent":"Lead","#
                    + #""to_agent":"Coder","message_type":"delegation","content":"Do it","#
                    + #""created_at":"\#(time(5))","metadata":{}}"#)
        }
    }

    @Test("a delegation that is broadcast too is recorded once, together or later")
    func broadcastDelegation() async throws {
        try await withThread { bench in
            for name in ["a", "b"] {
                try bench.database.addThread(name, run: "r")
                try bench.database.addMessage(
                    "d-\(name)", thread: name, "Do it", kind: "delegation")
            }
            try await bench.hear(
                heardThread("a", run: "r"), heard("d-a", thread: "a", "Do it"))
            try await bench.hear(heardThread("b", run: "r"))
            let receipt = try await bench.hear(heard("d-b", thread: "b", "Do it"))
            #expect(receipt.duplicates == 1)
            #expect(
                try bench.recorded("r") == [
                    "thread_created t", "thread_created a", "message_sent d-a=Do it",
                    "thread_created b", "message_sent d-b=Do it",
                ])
        }
    }

    @Test("an unknown thread is looked up, and its creation put before its first message")
    func unknownThread() async throws {
        try await withThread { bench in
            try bench.database.addThread("u", run: "found", at: 3, metadata: #"{"a":1}"#)
            try await bench.hear(
                heard("m1", thread: "u", "one"), heard("m2", thread: "u", "two"),
                heardEnd("u"))
            #expect(
                try bench.recorded("found") == [
                    "thread_created u", "message_sent m1=one", "message_sent m2=two",
                    "thread_closed u",
                ])
            let first = try #require(try bench.records("found").first)
            #expect(first.eventTime == Timestamp(rfc3339: time(3)))
            // Told late by an upstream, in other words: known.
            let receipt = try await bench.hear(heardThread("u", run: "found"))
            #expect(receipt.duplicates == 1)
        }
    }

    @Test("a thread whose creation comes in the same batch is not looked up")
    func createdLaterInBatch() async throws {
        try await withThread { bench in
            try bench.database.addThread("u", run: "found")
            try await bench.hear(heard("m1", thread: "u", "one"), heardThread("u", run: "found"))
            #expect(
                try bench.recorded("found").filter { $0.hasPrefix("thread") } == [
                    "thread_created u"
                ])
        }
    }

    @Test("a message that names its run needs no thread")
    func namedRun() async throws {
        try await withThread { bench in
            try bench.database.addThread("u", run: "other")
            try await bench.hear(heard("m1", thread: "u", "one", run: "named"))
            #expect(try bench.recorded("named") == ["message_sent m1=one"])
            #expect(bench.time.pauses == 0)
        }
    }

    @Test(
        "what a history repeats is known, whether it was recorded whole or cut, locked or not",
        arguments: [false, true], [false, true])
    func repeated(wasLocked: Bool, isLocked: Bool) async throws {
        try await withThread { bench in
            try bench.database.addMessage("m", thread: "t", whole)
            if wasLocked { try bench.database.lock() }
            try await bench.hear(heard("m", thread: "t", whole))
            if wasLocked { try bench.database.unlock() }
            let before = try bench.recorded("r")
            #expect(before.last == "message_sent m=\(wasLocked ? cut(whole) : whole)")
            if isLocked { try bench.database.lock() }
            let again = try await bench.hear(
                heardThread("t", run: "r"), heard("m", thread: "t", whole))
            if isLocked { try bench.database.unlock() }
            #expect(again.duplicates == 2 && again.appended == 0)
            #expect(try bench.recorded("r") == before)
            // Another message of that name is another message.
            let other = try await bench.hear(heard("m", thread: "t", "other", stamp: "later"))
            #expect(other.appended == 1)
        }
    }

    @Test("types that the filter keeps out are not added")
    func filter() async throws {
        try await withJournal { journal in
            let database = try RegistryDatabase()
            let bench = HealerBench(
                journal, database, filter: TypeFilter("agent_chat_thread_created"))
            try database.addThread("u", run: "r")
            try database.addMessage("d", thread: "u", "Do it", kind: "delegation")
            try await bench.hear(heardThread("u", run: "r"))
            await bench.work()
            #expect(try bench.recorded("r") == ["thread_created u"])
        }
    }

    @Test("damaged rows are passed over")
    func damaged() async throws {
        try await withJournal { journal in
            let database = try RegistryDatabase(schema: RegistryDatabase.looseSchema)
            let bench = HealerBench(journal, database)
            try database.addThread("t", run: "r")
            try database.execute("UPDATE agent_conversation_threads SET created_at = 5")
            try database.addMessage("m", thread: "t", whole)
            try database.execute("UPDATE agent_conversation_messages SET content = x'00'")
            try await bench.hear(heard("m", thread: "t", whole))
            #expect(try bench.recorded("unassigned") == ["message_sent m=\(cut(whole))"])
            await bench.work()
            #expect(try bench.recorded("unassigned").count == 1)
        }
    }

    @Test("rows may have any number", arguments: [Int64.min, -1, 0, Int64.max])
    func rowNumbers(number: Int64) async throws {
        try await withJournal { journal in
            let database = try RegistryDatabase()
            let bench = HealerBench(journal, database)
            try database.addThread("t", run: "r", at: 1)
            try database.addMessage("m", thread: "t", whole, at: 2)
            try database.addMessage("late", thread: "t", "late", at: 3)
            for table in ["threads", "messages"] {
                try database.execute(
                    "UPDATE agent_conversation_\(table) SET rowid = ? WHERE rowid = 1", [number])
            }
            try await bench.hear(heardThread("t", run: "r"), heard("m", thread: "t", whole))
            bench.healer.reconcile(since: nil)
            await bench.work()
            #expect(
                try bench.recorded("r") == [
                    "thread_created t", "message_sent m=\(whole)", "message_sent late=late",
                ])
        }
    }
}
