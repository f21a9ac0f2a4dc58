import Journal
import Testing

@testable import StreamServer

@Suite("A scan of a registry")
struct RegistryScanTests {
    /// Every fact of a scan, by kind and name, a line for each window.
    private func windows(_ database: RegistryDatabase, _ wanted: RegistryScan.Wanted, rows: Int)
        throws -> [String]
    {
        let file = RegistryFile(path: database.path)
        var scan = RegistryScan(wanted, windowRows: rows)
        var windows: [String] = []
        while !scan.isOver {
            var names: [String] = []
            while try file.read({ try scan.gather($0) }) {}
            while scan.rowsLeft > 0 {
                for fact in try file.read({ try scan.facts($0) }) {
                    let event = try fact.get().event
                    let name = event.fields.messageID ?? event.fields.threadID
                    names.append(name?.string(in: event.data) ?? "?")
                }
            }
            windows.append(names.joined(separator: " "))
        }
        return windows
    }

    private func makeDatabase() throws -> RegistryDatabase {
        let database = try RegistryDatabase()
        try database.addThread("A", run: "a", at: 10, status: "completed", endedAt: 50)
        try database.addThread("B", run: "b", at: 30)
        for (id, thread, second) in [
            ("1", "A", 20), ("2", "A", 21), ("3", "B", 40), ("4", "A", 35), ("5", "B", 60),
        ] {
            try database.addMessage(id, thread: thread, id, at: second)
        }
        return database
    }

    @Test("tells everything in order of time")
    func order() throws {
        #expect(
            try windows(makeDatabase(), RegistryScan.Wanted(), rows: .max) == ["A 1 2 B 4 3 A 5"])
    }

    @Test("tells the newest window of rows first, each in order of time")
    func newestFirst() throws {
        let database = try makeDatabase()
        // Pages are whole, so more rows than one page has.
        for number in 0..<1000 {
            try database.addMessage("x\(number)", thread: "B", "x", at: 100 + number)
        }
        let windows = try windows(database, RegistryScan.Wanted(), rows: 512)
        #expect(windows.count == 2)
        let first = windows[0].split(separator: " ").map(String.init)
        let second = windows[1].split(separator: " ").map(String.init)
        #expect(first == ["A", "B", "A"] + (488..<1000).map { "x\($0)" })
        #expect(second == ["1", "2", "4", "3", "5"] + (0..<488).map { "x\($0)" })
    }

    @Test("leaves out what happened before or after, but not in what is concerned")
    func bounds() throws {
        let database = try makeDatabase()
        var wanted = RegistryScan.Wanted()
        wanted.since = Timestamp(rfc3339: time(35))
        wanted.until = Timestamp(rfc3339: time(50)) ?? wanted.until
        #expect(try windows(database, wanted, rows: .max) == ["4 3 A"])
        wanted.isConcerned = { run, _ in run.name == "a" }
        #expect(try windows(database, wanted, rows: .max) == ["A 1 2 4 3 A"])
    }

    @Test("tells the creation of a new thread before its first message")
    func announces() throws {
        var wanted = RegistryScan.Wanted()
        wanted.since = Timestamp(rfc3339: time(35))
        wanted.isThreadNew = { $0 == "B" }
        #expect(try windows(makeDatabase(), wanted, rows: .max) == ["4 B 3 A 5"])
    }
}
