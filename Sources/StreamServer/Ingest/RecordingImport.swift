package import Journal

/// Imports one recording into a journal, piece by piece, in batches.
package struct RecordingImport: Sendable {
    /// Bytes of lines that are recorded together.
    private static let batchBytes = 1 << 20

    private let journal: Journal
    private var splitter = LineSplitter(lineBytesMax: LineImporter.lineBytesMax)
    private var importer: LineImporter
    private var drafts: [Draft] = []
    private var bytes = 0
    private var result = ImportResult()

    /// Imports a file whose stem is `stem`.
    package init(into journal: Journal, stem: String) {
        self.journal = journal
        importer = LineImporter(stem: stem)
    }

    /// Takes the next bytes of the file.
    ///
    /// - Throws: ``JournalError``, with code `invalidEvent` or `tooLarge` for a line that is no
    ///   event; what was imported before stays, and importing again skips it.
    package mutating func add(_ piece: some Collection<UInt8>) async throws(JournalError) {
        for line in try splitter.push(piece) {
            drafts.append(try importer.draft(line))
            bytes += line.count
        }
        if bytes >= RecordingImport.batchBytes { try await flush() }
    }

    /// Takes a last line without a line break, and records what is left.
    ///
    /// - Throws: as ``add(_:)``.
    package mutating func finish() async throws(JournalError) -> ImportResult {
        for line in splitter.finish() { drafts.append(try importer.draft(line)) }
        try await flush()
        return result
    }

    private mutating func flush() async throws(JournalError) {
        guard !drafts.isEmpty else { return }
        let receipt = try await journal.append(drafts, atomically: false)
        result.appended += receipt.appended
        result.duplicates += receipt.duplicates
        drafts = []
        bytes = 0
    }
}

/// What became of imported lines.
package struct ImportResult: Hashable, Sendable {
    /// Events that were new.
    package var appended = 0
    /// Events that the journal had.
    package var duplicates = 0
}
