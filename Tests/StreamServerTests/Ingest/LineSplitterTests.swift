import Journal
import Testing

@testable import StreamServer

@Suite("Line splitter")
struct LineSplitterTests {
    private func split(_ pieces: [[UInt8]], max bytesMax: Int = 1000) throws -> [String] {
        var splitter = LineSplitter(lineBytesMax: bytesMax)
        var lines: [[UInt8]] = []
        for piece in pieces { lines += try splitter.push(piece) }
        return (lines + splitter.finish()).map { text($0) }
    }

    @Test(
        "lines end at line feeds, the last also at the end; blank ones are left out",
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n\na\n\n", ["a"]),
            (" \t\r\na\r\n \n", ["a\r"]), ("a b\n c\n", ["a b", " c"]), ("ü\n🎞", ["ü", "🎞"]),
            ("a\rb\n", ["a\rb"]),
        ])
    func lines(input: String, lines: [String]) throws {
        #expect(try split([Array(input.utf8)]) == lines)
    }

    @Test("however a stream is cut, the lines are the same", arguments: 0..<100 as Range<UInt64>)
    func cuts(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("ab \t\r\n\n{}".utf8) + [0xC3, 0xBC, 0x00]
        let count = Int.random(in: 0...400, using: &generator)
        let stream = (0..<count).map { _ in
            alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
        }
        var pieces: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let size = Int.random(in: 0...min(rest.count, 30), using: &generator)
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        let expected = stream.split(separator: 10).filter { line in
            !line.allSatisfy { [0x20, 0x09, 0x0D].contains($0) }
        }
        #expect(try split(pieces) == expected.map { text($0) })
        #expect(try split([stream]) == expected.map { text($0) })
    }

    @Test("a line may be as long as the limit and no longer, whether it has ended or not")
    func limit() throws {
        let longest = [UInt8](repeating: 120, count: 10)
        #expect(try split([longest + [10] + longest], max: 10) == ["xxxxxxxxxx", "xxxxxxxxxx"])
        for tail in [[], [10], [120, 120]] as [[UInt8]] {
            let error = try #require(throws: JournalError.self) {
                try split([[97, 10], longest, [120] + tail], max: 10)
            }
            #expect(error.code == .tooLarge)
            #expect(error.message.hasPrefix("line 2: "))
        }
        // The limit is a line's, not the stream's.
        #expect(try split(Array(repeating: longest + [10], count: 50), max: 10).count == 50)
    }

    @Test("nothing is left after the end")
    func finish() throws {
        var splitter = LineSplitter(lineBytesMax: 10)
        _ = try splitter.push(Array("a".utf8))
        #expect(splitter.finish() == [[97]])
        #expect(splitter.finish() == [])
        #expect(try splitter.push(Array("b\n".utf8)) == [[98]])
    }
}
