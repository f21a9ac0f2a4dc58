import Foundation
import TestSupport
import Testing

@testable import Journal

@Suite("Direct files")
struct DirectFileTests {
    /// Runs `body` with a file of so many bytes.
    private func withFile(_ length: Int, _ body: (String, [UInt8]) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "direct-\(UUID().uuidString)").path
        try POSIXFileSystem().makeDirectory(directory)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var generator = SplitMix64(seed: UInt64(length))
        let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let file = try POSIXFileSystem().create(directory + "/file")
        try file.write(bytes, at: .zero)
        try file.sync()
        try body(directory + "/file", bytes)
    }

    @Test(
        "any part of a file is what stands there, to its end and no further",
        arguments: [0, 1, 511, 4095, 4096, 4097, 8192, 100_000])
    func parts(length: Int) throws {
        try withFile(length) { path, bytes in
            let file = try POSIXFileSystem().open(path, for: .checking)
            #expect(try file.length() == UInt64(length))
            var generator = SplitMix64(seed: 3)
            let ends = [0, 1, 4095, 4096, 4097, length - 1, length, length + 1, length + 5000]
            for _ in 0..<300 {
                let picks = (0..<2).map { _ in
                    generator.oneIn(2)
                        ? max(0, ends[generator.below(ends.count)]) : generator.below(length + 1)
                }
                let (start, count) = (picks[0], picks[1])
                let expected = Array(bytes.dropFirst(start).prefix(count))
                let found = try file.read(count, at: Position(rawValue: UInt64(start)))
                #expect(found == expected, "\(count) bytes at \(start) of \(length)")
            }
        }
    }

    @Test("what is written meanwhile is seen, though it may be in the kernel's memory alone")
    func coherent() throws {
        try withFile(10_000) { path, _ in
            let checked = try POSIXFileSystem().open(path, for: .checking)
            let written = try POSIXFileSystem().open(path, for: .writing)
            for number in 0..<20 {
                let place = Position(rawValue: UInt64(number * 499))
                try written.write([UInt8(number), 7], at: place)
                #expect(try checked.read(2, at: place) == [UInt8(number), 7])
            }
            try written.truncate(to: Position(rawValue: 5000))
            #expect(try checked.read(100, at: Position(rawValue: 4990)).count == 10)
        }
    }

    @Test("a file that is not there, or was opened for this alone and is written, throws")
    func failures() throws {
        try withFile(10) { path, _ in
            #expect(throws: JournalError.self) {
                try POSIXFileSystem().open(path + "-not", for: .checking)
            }
            let file = try POSIXFileSystem().open(path, for: .checking)
            #expect(throws: JournalError.self) { try file.write([1], at: .zero) }
            #expect(throws: JournalError.self) { try file.truncate(to: .zero) }
        }
    }

    @Test("a disk has room, and a directory that is not there has no disk")
    func space() throws {
        let directory = FileManager.default.temporaryDirectory.path
        #expect(try POSIXFileSystem().freeBytes(in: directory) > 0)
        #expect(throws: JournalError.self) {
            try POSIXFileSystem().freeBytes(in: directory + "/not-\(UUID().uuidString)")
        }
    }
}
