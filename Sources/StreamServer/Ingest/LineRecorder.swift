import Journal

/// Records the lines of an input as they arrive, in batches of whatever is there.
struct LineRecorder {
    /// Lines that could not be recorded, in one sentence.
    struct Failure: Error, CustomStringConvertible {
        /// The number of the first of them.
        let line: Int
        let cause: any Error

        var description: String { "nothing is recorded from line \(line) on: \(cause)" }
    }

    private let sink: any LineSink
    private let refuse: @Sendable (_ line: Int, _ problem: String) -> Void
    private let session = UInt64.random(in: .min ... .max)
    private var cutter = LineCutter(lineBytesMax: LineImporter.lineBytesMax)
    private var batches = 0
    private(set) var result = LineRecording.Result()

    /// Records into `sink`; `refuse` is told of each line that is no event.
    init(
        into sink: any LineSink,
        refuse: @escaping @Sendable (_ line: Int, _ problem: String) -> Void
    ) {
        self.sink = sink
        self.refuse = refuse
    }

    /// Takes the next bytes, and returns once the lines that they complete are durable.
    mutating func take(_ piece: [UInt8]) async throws {
        try await record(cutter.push(piece))
    }

    /// Takes a last line without a line break.
    mutating func finish() async throws {
        try await record(cutter.finish())
    }

    private mutating func record(_ lines: [LineCutter.Line]) async throws {
        var batch = LineBatch(key: "\(session)-\(batches)")
        var first: Int?
        for line in lines {
            do throws(JournalError) {
                guard let bytes = line.bytes else {
                    throw JournalError(
                        .tooLarge, "it is longer than \(LineImporter.lineBytesMax) bytes")
                }
                try batch.add(bytes)
                first = first ?? line.number
            } catch {
                result.refused += 1
                refuse(line.number, error.message)
            }
        }
        guard let first else { return }
        batches += 1
        let recorded: ImportResult
        do {
            recorded = try await sink.record(batch)
        } catch {
            throw Failure(line: first, cause: error)
        }
        result.recorded += recorded.appended
        result.known += recorded.duplicates
    }
}
