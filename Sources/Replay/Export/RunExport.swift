package import Journal

/// One run as a file, piece by piece: lines of NDJSON, or a tape.
package struct RunExport<Source: JournalReading> {
    /// What the file is.
    package enum Format: String, CaseIterable, Sendable {
        /// One event a line.
        case ndjson
        /// A segment of the journal's own format that holds the run alone.
        case tape
    }

    private static var pageBytesMax: Int { 1 << 20 }

    private enum Body {
        case lines(Epoch?)
        case tape(TapeWriter)
    }

    private let source: Source
    private let run: RunID
    private var body: Body
    private var cursor: Cursor? = .start
    /// What is taken out.
    package private(set) var redaction: Redaction
    /// Where records are, or may be, missing.
    package private(set) var gaps: [Gap] = []

    /// The export of `run`, which `source` knows.
    package init(of run: RunID, from source: Source, as format: Format, redaction: Redaction) {
        self.source = source
        self.run = run
        self.redaction = redaction
        body =
            switch format {
            case .ndjson: .lines(source.epochs.current)
            case .tape: .tape(TapeWriter(of: run, in: source))
            }
    }

    /// The next bytes of the file; nil when there are no more.
    ///
    /// Blocks while it reads from disk.
    ///
    /// - Throws: ``JournalError`` from the source, and ``ReplayError`` with code `cannotRedact`.
    package mutating func next() throws -> [UInt8]? {
        guard let from = cursor else { return nil }
        let page = try source.read(.run(run), from: from, bytesMax: Self.pageBytesMax)
        cursor = page.isAtEnd ? nil : page.cursor
        var items: [ReadPage.Item] = []
        for item in page.items {
            switch item {
            case .record(let record): items.append(.record(try redaction.redact(record)))
            case .gap(let gap):
                gaps.append(gap)
                items.append(item)
            }
        }
        return try encode(items)
    }

    private mutating func encode(_ items: [ReadPage.Item]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        switch body {
        case .lines(let epoch):
            for case .record(let record) in items {
                record.appendLine(epoch: epoch, to: &bytes)
                bytes.append(UInt8(ascii: "\n"))
            }
        case .tape(var writer):
            defer { body = .tape(writer) }
            bytes = try writer.append(items)
            if cursor == nil { bytes += writer.finish() }
        }
        return bytes
    }
}
