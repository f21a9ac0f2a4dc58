package import Journal

/// Imports one recording into a journal, piece by piece, in batches.
///
/// The lines of a registry are taken for what they tell, whatever was recorded of it before in
/// other words: see ``RegistryIntake``.
package struct RecordingImport: Sendable {
    /// Bytes of lines that are recorded together.
    private static let batchBytes = 1 << 20

    /// What a registry tells may be on its way from an upstream for so long.
    private static let freshMicroseconds: Int64 = 5_000_000

    private let journal: Journal
    private let intake: RegistryIntake?
    private let isShared: Bool
    private var splitter = LineSplitter(lineBytesMax: LineImporter.lineBytesMax)
    private var importer: LineImporter
    private var drafts: [Draft] = []
    private var bytes = 0
    private var result = ImportResult()

    /// Imports a file whose stem is `stem`; `isShared` says that others record into the journal
    /// meanwhile.
    package init(
        into journal: Journal, stem: String, ofRegistry: Bool = false, isShared: Bool = false
    ) {
        self.journal = journal
        self.isShared = isShared
        intake = ofRegistry ? RegistryIntake(journal: journal) : nil
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
        if let intake {
            if isShared { await letArrive() }
            result.add(try await intake.record(drafts))
        } else {
            let receipt = try await journal.append(drafts, atomically: false)
            result.add(
                ImportResult(appended: receipt.appended, duplicates: receipt.duplicates))
        }
        drafts = []
        bytes = 0
    }

    /// Waits until what was said last has arrived by itself, if it does.
    private func letArrive() async {
        guard let last = drafts.compactMap(\.eventTime).max() else { return }
        let left =
            last.microseconds + RecordingImport.freshMicroseconds
            - Timestamp.now.microseconds
        guard left > 0 else { return }
        try? await Task.sleep(for: .microseconds(min(left, RecordingImport.freshMicroseconds)))
    }
}

/// What became of imported lines.
package struct ImportResult: Hashable, Sendable {
    /// Events that were new.
    package var appended = 0
    /// Events that the journal had.
    package var duplicates = 0

    /// Adds what became of others.
    mutating func add(_ other: ImportResult) {
        appended += other.appended
        duplicates += other.duplicates
    }
}
