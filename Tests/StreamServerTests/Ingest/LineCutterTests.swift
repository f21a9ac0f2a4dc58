import Testing

@testable import StreamServer

@Suite("Line cutter")
struct LineCutterTests {
    private typealias Line = LineCutter.Line

    private func cut(_ pieces: [String], max bytesMax: Int = 10) -> [Line] {
        var cutter = LineCutter(lineBytesMax: bytesMax)
        return pieces.flatMap { cutter.push($0.utf8) } + cutter.finish()
    }

    private func line(_ number: Int, _ text: String?) -> Line {
        Line(number: number, bytes: text.map { Array($0.utf8) })
    }

    @Test("lines are numbered as an editor does; blank ones count and are left out")
    func numbers() {
        #expect(cut(["a\n\n \t\r\nb\n", "c"]) == [line(1, "a"), line(4, "b"), line(5, "c")])
        #expect(cut([]) == [])
    }

    @Test("a line that is too long is told once, as soon as it is, and what follows is cut as ever")
    func tooLong() {
        var cutter = LineCutter(lineBytesMax: 3)
        #expect(cutter.push("ab".utf8) == [])
        #expect(cutter.push("cd".utf8) == [line(1, nil)])
        #expect(cutter.push("efghijkl".utf8) == [])
        #expect(cutter.push("m\nxyz\nwxyz\n".utf8) == [line(2, "xyz"), line(3, nil)])
        #expect(cutter.push("ok".utf8) == [])
        #expect(cutter.finish() == [line(4, "ok")])
        #expect(cut(["12345678901"]) == [line(1, nil)])
    }

    @Test("a NUL is a byte like any other")
    func nul() {
        #expect(cut(["a\0b\n"]) == [line(1, "a\0b")])
    }
}
