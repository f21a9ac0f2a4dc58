import Foundation
@testable import Journal
import TestSupport
import Testing

@Suite("The catalog")
struct CatalogTests {
    private let options = Journal.Options(segmentBytesMax: 600)

    /// A journal of several segments, with runs, threads and orphans.
    private func fill(_ path: String, from start: Int = 0) throws {
        let journal = try Journal.open(path, options: options)
        for number in start..<start + 40 {
            let thread = "t\(number % 5)"
            var drafts = [Draft(try .message(thread: thread, id: "m\(number)", content: "early"))]
            if number % 16 == 9, number < 40 {
                drafts.append(Draft(try .thread(thread, run: "r\(number % 3)")))
            }
            drafts.append(Draft(try .message(run: "r\(number % 3)", content: "word \(number)")))
            _ = try journal.appendNow(drafts)
        }
        try journal.close()
    }

    /// What a start knows of runs and threads.
    private func directory(_ path: String) throws -> (Directory, [RecoveryReport.Finding]) {
        let journal = try Journal.open(path, options: options)
        defer { try? journal.close() }
        return (journal.reader.state.withLock { $0.directory }, journal.recovery.findings)
    }

    /// The same from the segments' footers alone.
    private func rebuilt(_ path: String) throws -> Directory {
        var environment = Environment.system()
        environment.keepsCatalog = false
        let journal = try Journal(path, options: options, environment: environment)
        defer { try? journal.close() }
        return journal.reader.state.withLock { $0.directory }
    }

    @Test("that has grown equals the one that is made from the footers")
    func grown() throws {
        let place = TemporaryDirectory()
        try fill(place.path)
        try fill(place.path, from: 40)
        let (grown, findings) = try directory(place.path)
        #expect(findings.isEmpty)
        #expect(!grown.orphans.isEmpty && grown.threads.count > 1 && grown.runs.count == 4)
        #expect(try rebuilt(place.path) == grown)
    }

    @Test("is made anew when it is missing, cut, or no database", arguments: ["", "cut", "noise"])
    func anew(damage: String) throws {
        let place = TemporaryDirectory()
        try fill(place.path)
        let (before, _) = try directory(place.path)
        let catalog = place.path + "/catalog.sqlite"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: catalog))
        try FileManager.default.removeItem(atPath: catalog)
        switch damage {
        case "cut": try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: catalog))
        case "noise": try Data(repeating: 7, count: 9000).write(to: URL(fileURLWithPath: catalog))
        default: break
        }
        let (after, findings) = try directory(place.path)
        #expect(after == before && !findings.isEmpty)
        let (again, nothing) = try directory(place.path)
        #expect(again == before && nothing.isEmpty)
    }

    @Test("with any byte changed gives the same directory")
    func changedByte() throws {
        let place = TemporaryDirectory()
        try fill(place.path)
        let (before, _) = try directory(place.path)
        let url = URL(fileURLWithPath: place.path + "/catalog.sqlite")
        let bytes = try Data(contentsOf: url)
        var generator = SplitMix64(seed: 11)
        for _ in 0..<100 {
            var changed = bytes
            changed[generator.below(changed.count)] ^= UInt8(1 + generator.below(255))
            try changed.write(to: url)
            let (after, _) = try directory(place.path)
            #expect(after == before)
        }
    }

    @Test("with a page that is damaged where nothing reads it is made anew once")
    func damagedPage() throws {
        let place = TemporaryDirectory()
        try fill(place.path)
        let (before, _) = try directory(place.path)
        let url = URL(fileURLWithPath: place.path + "/catalog.sqlite")
        var bytes = try Data(contentsOf: url)
        // The first byte of a page says what is in it; the first page is the file's header.
        for page in stride(from: 4096, to: bytes.count, by: 4096) { bytes[page] = 7 }
        try bytes.write(to: url)
        let (after, findings) = try directory(place.path)
        #expect(after == before && !findings.isEmpty)
        let (again, nothing) = try directory(place.path)
        #expect(again == before && nothing.isEmpty)
    }

    @Test("in which a thread has another run gives the right one all the same")
    func changedRun() throws {
        let place = TemporaryDirectory()
        try fill(place.path)
        let (before, _) = try directory(place.path)
        let url = URL(fileURLWithPath: place.path + "/catalog.sqlite")
        let bytes = try Data(contentsOf: url)
        var changed = 0
        for (thread, home) in before.threads {
            guard let row = bytes.range(of: Data((thread + home.run.name).utf8)) else { continue }
            var other = bytes
            other[row.upperBound - 1] ^= 1
            try other.write(to: url)
            let (after, _) = try directory(place.path)
            #expect(after == before)
            changed += 1
        }
        #expect(changed > 0)
    }

    @Test("that is behind is caught up")
    func behind() throws {
        let place = TemporaryDirectory()
        try fill(place.path)
        let url = URL(fileURLWithPath: place.path + "/catalog.sqlite")
        let old = try Data(contentsOf: url)
        try fill(place.path, from: 40)
        let (before, _) = try directory(place.path)
        try old.write(to: url)
        let (after, _) = try directory(place.path)
        #expect(after == before)
        #expect(try rebuilt(place.path) == before)
    }

    @Test("is read by a view, beside the writer and on its own, and never written by one")
    func view() throws {
        let place = TemporaryDirectory()
        try fill(place.path)
        let journal = try Journal.open(place.path, options: options)
        let count = try journal.readAll(.all).records.count
        #expect(try JournalView(place.path).readAll(.all).records.count == count)
        _ = try journal.appendNow([Draft(try .message(run: "r", content: "more"))])
        #expect(try JournalView(place.path).readAll(.all).records.count == count + 1)
        try journal.close()
        let before = try FileManager.default.subpathsOfDirectory(atPath: place.path).sorted()
        try FileManager.default.removeItem(atPath: place.path + "/catalog.sqlite")
        #expect(try JournalView(place.path).readAll(.all).records.count == count + 1)
        let after = try FileManager.default.subpathsOfDirectory(atPath: place.path).sorted()
        #expect(after == before.filter { $0 != "catalog.sqlite" })
    }

    @Test("a second process is refused the lock, and a look at it takes nothing")
    func lock() throws {
        let place = TemporaryDirectory()
        let journal = try Journal.open(place.path, options: options)
        let files = POSIXFileSystem()
        #expect(files.isLocked(place.path + "/LOCK"))
        #expect { try Journal.open(place.path) } throws: {
            ($0 as? JournalError)?.code == .locked
        }
        try journal.close()
        #expect(!files.isLocked(place.path + "/LOCK"))
    }
}
