import Journal
import Testing

@testable import StreamServer

@Suite("Line recording")
struct LineRecordingTests {
    /// Pieces of input, one a read.
    private final class Pieces: LineInput {
        private let pieces: Locked<[[UInt8]]>

        init(_ pieces: [String]) {
            self.pieces = Locked(pieces.map { Array($0.utf8) }.reversed())
        }

        func read() -> [UInt8]? { pieces.withLock { $0.popLast() } }

        func stop() { pieces.withLock { $0 = [] } }
    }

    /// Keeps the batches that it is given; refuses all from one on.
    private final class Batches: LineSink {
        private let batches = Locked<[[String]]>([])
        private let batchesMax: Int

        init(max batchesMax: Int = .max) {
            self.batchesMax = batchesMax
        }

        var taken: [[String]] { batches.withLock { $0 } }

        func record(_ batch: LineBatch) throws -> ImportResult {
            try batches.withLock { batches in
                guard batches.count < batchesMax else {
                    throw JournalError(.readOnly, "the disk has failed")
                }
                batches.append(batch.lines.map { text($0) })
            }
            return ImportResult(appended: batch.lines.count)
        }
    }

    private final class Refusals: Sendable {
        let all = Locked<[String]>([])
    }

    private func event(_ number: Int) -> String { #"{"event":"t","data":{"n":\#(number)}}"# }

    private func record(_ pieces: [String], into batches: Batches) async throws
        -> (LineRecording.Result, refused: [String])
    {
        let refusals = Refusals()
        let recording = LineRecording(of: Pieces(pieces)) { line, problem in
            refusals.all.withLock { $0.append("\(line): \(problem)") }
        }
        try await recording.run(into: batches)
        return (recording.result, refusals.all.withLock { $0 })
    }

    @Test("what a read yields is recorded at once, never held back for more")
    func batches() async throws {
        let batches = Batches()
        let (result, refused) = try await record(
            [
                event(1) + "\n" + event(2) + "\n", "\n", event(3).dropLast(5) + "",
                String(event(3).suffix(5)) + "\n" + event(4),
            ],
            into: batches)
        #expect(batches.taken == [[event(1), event(2)], [event(3)], [event(4)]])
        #expect(result == LineRecording.Result(recorded: 4))
        #expect(refused == [])
    }

    @Test("a bad line is refused with its number, and the others are recorded")
    func refuses() async throws {
        let batches = Batches()
        let (result, refused) = try await record(
            ["bad\n" + event(1) + "\n\n{}\n", event(2) + "\n{\"event\":"], into: batches)
        #expect(batches.taken == [[event(1)], [event(2)]])
        #expect(result == LineRecording.Result(recorded: 2, refused: 3))
        #expect(result.lines == 5)
        #expect(refused.map { $0.prefix { $0 != ":" } } == ["1", "4", "6"])
    }

    @Test("a line without an end is passed over without being kept, and the next is recorded")
    func tooLong() async throws {
        let mebibyte = String(repeating: "x", count: 1 << 20)
        let batches = Batches()
        let (result, refused) = try await record(
            Array(repeating: mebibyte, count: 20) + ["\n" + event(1) + "\n"], into: batches)
        #expect(batches.taken == [[event(1)]])
        #expect(result == LineRecording.Result(recorded: 1, refused: 1))
        #expect(refused == ["1: it is longer than \(LineImporter.lineBytesMax) bytes"])
    }

    @Test("where a batch cannot be recorded, the first line that is not is named")
    func fails() async throws {
        let pieces = [event(1) + "\nbad\n", "\n" + event(2) + "\n" + event(3), "\n"]
        let error = try await #require(throws: LineRecorder.Failure.self) {
            _ = try await record(pieces, into: Batches(max: 1))
        }
        #expect(error.description == "nothing is recorded from line 4 on: the disk has failed")
    }
}
