import Foundation
import GRDB
import Testing

@testable import StreamServer

@Suite("The file of a registry")
struct RegistryFileTests {
    private func contents(_ file: RegistryFile, _ ids: String...) throws -> [String] {
        try file.read { rows in
            try rows.messages(ids).map { try $0.get().content }.sorted()
        }
    }

    private func problem(_ file: RegistryFile) -> RegistryError? {
        do {
            _ = try file.read { try $0.lastMessage() + $0.lastThread() }
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "is read while others write, and what they commit is seen",
        arguments: RegistryDatabase.Mode.allCases)
    func readsBesideAWriter(mode: RegistryDatabase.Mode) throws {
        let database = try RegistryDatabase(mode)
        let file = RegistryFile(path: database.path)
        try database.addMessage("m1", thread: "t", "one")
        #expect(try contents(file, "m1", "m2") == ["one"])
        try database.addMessage("m2", thread: "t", "two")
        #expect(try contents(file, "m1", "m2") == ["one", "two"])
    }

    @Test("makes no files beside a database that nobody has open, and reads what is there")
    func readsAFrozenLog() throws {
        let database = try RegistryDatabase(.log)
        try database.addMessage("m1", thread: "t", "one")
        try database.close()
        #expect(database.files == ["registry.db"])
        let file = RegistryFile(path: database.path)
        #expect(try contents(file, "m1") == ["one"])
        #expect(database.files == ["registry.db"])
        try database.open()
        try database.addMessage("m2", thread: "t", "two")
        #expect(try contents(file, "m2") == ["two"])
        file.close()
        try database.close()
        #expect(database.files == ["registry.db"], "the writer could not tidy up")
    }

    @Test("a lock is told at once in rollback mode, and harms nobody with a write-ahead log")
    func locked() throws {
        let database = try RegistryDatabase(.rollback)
        let file = RegistryFile(path: database.path)
        try database.addMessage("m1", thread: "t", "one")
        try database.lock()
        #expect(problem(file) == .busy)
        try database.addMessage("m2", thread: "t", "two")
        #expect(problem(file) == .busy)
        try database.unlock()
        #expect(try contents(file, "m1", "m2") == ["one", "two"])
        try database.lock()
        #expect(problem(file) == .busy, "a connection that is open is locked out as well")
        try database.unlock()

        let other = try RegistryDatabase(.log)
        try other.addMessage("m1", thread: "t", "one")
        try other.lock()
        #expect(try contents(RegistryFile(path: other.path), "m1") == ["one"])
        try other.unlock()
    }

    @Test("a reader never keeps a writer from committing once it has read")
    func letsWritersCommit() throws {
        let database = try RegistryDatabase(.rollback)
        let file = RegistryFile(path: database.path)
        for number in 0..<20 {
            try database.addMessage("m\(number)", thread: "t", "\(number)")
            #expect(try contents(file, "m\(number)") == ["\(number)"])
        }
    }

    @Test("that is missing is told, and read once it is there; one that is replaced is read anew")
    func comesAndGoes() throws {
        let first = try RegistryDatabase()
        try first.addMessage("m", thread: "t", "first")
        let second = try RegistryDatabase()
        try second.addMessage("m", thread: "t", "second")
        let path = first.directory.appending(path: "here.db").path
        let file = RegistryFile(path: path)
        #expect(problem(file) == .missing)
        try FileManager.default.copyItem(atPath: first.path, toPath: path)
        #expect(try contents(file, "m") == ["first"])
        try FileManager.default.removeItem(atPath: path)
        #expect(problem(file) == .missing)
        try FileManager.default.copyItem(atPath: first.path, toPath: path)
        #expect(try contents(file, "m") == ["first"])
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        try FileManager.default.copyItem(atPath: second.path, toPath: path)
        #expect(try contents(file, "m") == ["second"])
    }

    @Test("that is no registry is told in a sentence")
    func unreadable() throws {
        let database = try RegistryDatabase(schema: "CREATE TABLE other(a)")
        #expect(
            "\(try #require(problem(RegistryFile(path: database.path))))".contains("no registry"))
        let path = database.directory.appending(path: "odd").path
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        #expect("\(try #require(problem(RegistryFile(path: path))))".contains("no registry"))
        try Data("no database at all, but long enough to be looked at".utf8)
            .write(to: URL(filePath: path))
        #expect(
            problem(RegistryFile(path: path)) == .unreadable("this is no SQLite database"))
        #expect(problem(RegistryFile(path: database.directory.path)) != nil)
    }

    @Test("that is damaged is told in a sentence")
    func damaged() throws {
        let database = try RegistryDatabase()
        for number in 0..<200 {
            try database.addMessage("m\(number)", thread: "t", long("\(number)", 900))
        }
        try database.close()
        let url = URL(filePath: database.path)
        var bytes = try Data(contentsOf: url)
        // The first page, which names the tables, is left as it is.
        bytes.replaceSubrange(4096..., with: Data(repeating: 0x55, count: bytes.count - 4096))
        try bytes.write(to: url)
        let problem = problem(RegistryFile(path: database.path))
        #expect("\(try #require(problem))".contains("damaged"))
    }

    @Test(
        "texts are read whatever the database keeps them in", arguments: ["UTF-16le", "UTF-16be"])
    func encodings(encoding: String) throws {
        let database = try RegistryDatabase(encoding: encoding)
        try database.addMessage("ü", thread: "t", "ünï 🎞")
        #expect(try contents(RegistryFile(path: database.path), "ü") == ["ünï 🎞"])
    }

    @Test("a path may hold anything")
    func oddPath() throws {
        let database = try RegistryDatabase(.log)
        try database.addMessage("m", thread: "t", "one")
        try database.close()
        let path = database.directory.appending(path: "a %41?mode=rwc#b ü.db").path
        try FileManager.default.moveItem(atPath: database.path, toPath: path)
        #expect(try contents(RegistryFile(path: path), "m") == ["one"])
        #expect(database.files == ["a %41?mode=rwc#b ü.db"])
    }

    @Test("a database is known by its first bytes")
    func isDatabase() throws {
        let database = try RegistryDatabase()
        #expect(RegistryFile.isDatabase(database.path))
        #expect(!RegistryFile.isDatabase(database.directory.path))
        #expect(!RegistryFile.isDatabase(database.path + ".missing"))
    }
}
