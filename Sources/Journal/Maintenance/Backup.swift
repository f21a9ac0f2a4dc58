/// A consistent copy of a journal, made beside its writer or without one.
///
/// The copy has an epoch of its own, which forks off where the copy ends: ids that the original gave
/// out up to there stay good in it, and later ones lead nowhere.
package struct Backup {
    /// What was copied.
    package struct Result: Sendable {
        package var segments: Int
        package var bytes: UInt64
        /// The offset after the last record.
        package var end: Offset
        /// The copy's epoch.
        package var epoch: Epoch
    }

    private static let pieceBytes = 4 << 20

    private let environment: Environment
    private let source: Layout
    private let target: Layout
    private var files: any FileSystem { environment.fileSystem }

    /// Copies the journal in `directory` to `target`, a directory that is new or empty.
    ///
    /// What is there after a failure is no journal: its MANIFEST comes last.
    ///
    /// - Throws: ``JournalError`` with code `notFound`, `newerFormat`, `damaged`, `io` or
    ///   `diskFull`.
    package static func run(
        _ directory: String, to target: String, environment: Environment = .system(),
        progress: (Verification.Progress) -> Void = { _ in }
    ) throws(JournalError) -> Result {
        let backup = Backup(
            environment: environment, source: Layout(directory: directory),
            target: Layout(directory: target))
        return try backup.copy(progress)
    }

    private func copy(_ progress: (Verification.Progress) -> Void) throws(JournalError) -> Result {
        guard files.exists(source.manifest) else {
            throw JournalError(
                .notFound, "there is no journal here; name one with --journal",
                path: source.directory)
        }
        guard try files.names(in: target.directory).isEmpty else {
            throw JournalError(
                .io, "the directory is not empty; name a new one", path: target.directory)
        }
        try files.makeDirectory(target.directory)
        try files.makeDirectory(target.segments)
        // What a recorder remembers must not be newer than the records; the MANIFEST must not tell
        // of a segment that the mark, and so the copy, does not know.
        try copyUpstreams()
        var manifest = try readManifest()
        let mark = try DurableMark.read(source.mark, files)
        let bases = try source.segmentBases(files).filter { base in
            mark.map { base <= $0.segment } ?? true
        }
        var result = Result(segments: 0, bytes: 0, end: mark?.end ?? .zero, epoch: manifest.epoch)
        var total: UInt64 = 0
        for base in bases where files.exists(source.segment(base)) {
            total += try files.open(source.segment(base), for: .reading).length()
        }
        for base in bases {
            let (length, end) = try copySegment(base, mark)
            result.segments += 1
            result.bytes += length
            result.end = max(result.end, end ?? .zero)
            progress(.init(bytes: result.bytes, bytesTotal: total))
        }
        try files.syncDirectory(target.segments)
        let now = try readManifest()
        guard now.removals == manifest.removals, !manifest.isRemoving else { throw removal }
        var random = EnvironmentRandom(environment: environment)
        result.epoch = Epoch.random(using: &random)
        manifest.entries.append(.forked(result.epoch, offset: result.end))
        if let newest = bases.last, let identity = files.identity(of: target.segment(newest)) {
            manifest.entries.append(.segment(base: newest, identity))
        }
        if let mark {
            var copied = mark
            copied.epoch = result.epoch
            copied.end = result.end
            var file = try SlotFile(target.mark, in: target.directory, DurableMark.format, files)
            try file.write(copied.content)
            try file.sync()
        }
        try write(manifest)
        return result
    }

    // MARK: The MANIFEST

    private struct ManifestCopy {
        var bytes: [UInt8]
        var epoch: Epoch
        /// How often records were removed.
        var removals: Int
        /// Whether the writer is at it.
        var isRemoving: Bool
        /// What is added to the copy.
        var entries: [Manifest.Entry] = []
    }

    private func readManifest() throws(JournalError) -> ManifestCopy {
        let file = try files.open(source.manifest, for: .reading)
        let bytes = try file.read(Int(try file.length()), at: .zero)
        let (manifest, length) = try Manifest.read(bytes, path: source.manifest)
        guard let epoch = manifest.epochs.current else {
            throw JournalError(.damaged, "the MANIFEST names no journal", path: source.manifest)
        }
        return ManifestCopy(
            bytes: Array(bytes[..<length]), epoch: epoch, removals: manifest.removalCount,
            isRemoving: manifest.unfinishedRemoval != nil && files.isLocked(source.lock))
    }

    private func write(_ manifest: ManifestCopy) throws(JournalError) {
        let file = try files.create(target.manifestDraft)
        try file.write(manifest.bytes + manifest.entries.flatMap(\.encoded), at: .zero)
        try file.sync()
        try files.rename(target.manifestDraft, to: target.manifest)
        try files.syncDirectory(target.directory)
    }

    // MARK: Files

    /// Copies a segment as far as it is published; returns its length, and the offset after its
    /// last record where its footer tells.
    private func copySegment(
        _ base: Offset, _ mark: DurableMark?
    ) throws(JournalError) -> (length: UInt64, end: Offset?) {
        let path = source.segment(base)
        guard files.exists(path) else { throw removal }
        let file = try files.open(path, for: .reading)
        let sealed = (try? LoadedSegment.open(file, path: path))?.sealed
        var length = try file.length()
        if sealed == nil, let mark, mark.segment == base {
            length = min(length, mark.position.rawValue)
        }
        try copy(file, length, to: target.segment(base))
        return (length, sealed?.end)
    }

    private var removal: JournalError {
        JournalError(
            .io,
            "records were removed while the journal was copied; make the backup again, in another "
                + "directory", path: target.directory)
    }

    private func copyUpstreams() throws(JournalError) {
        let names = try files.names(in: source.upstreams)
        guard !names.isEmpty else { return }
        try files.makeDirectory(target.upstreams)
        for name in names {
            let file = try files.open("\(source.upstreams)/\(name)", for: .reading)
            try copy(file, try file.length(), to: "\(target.upstreams)/\(name)")
        }
        try files.syncDirectory(target.upstreams)
    }

    private func copy(_ file: any File, _ length: UInt64, to path: String) throws(JournalError) {
        let made = try files.create(path)
        var position = Position.zero
        while position.rawValue < length {
            let count = Int(min(UInt64(Backup.pieceBytes), length - position.rawValue))
            let piece = try file.read(count, at: position)
            guard !piece.isEmpty else {
                throw JournalError(.io, "the file became shorter while it was copied", path: path)
            }
            try made.write(piece, at: position)
            position = position + piece.count
        }
        try made.sync()
    }
}
