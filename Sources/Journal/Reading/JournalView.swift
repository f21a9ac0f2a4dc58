/// A journal as another process than its writer sees it: what was published when it was opened.
///
/// Opening one creates and repairs nothing, works beside a running writer, and on a read-only
/// mount.
package final class JournalView: JournalReading {
    package let reader: LogReader

    /// Opens the journal in `directory` for reading.
    ///
    /// - Throws: ``JournalError`` with code `notFound`, `newerFormat`, `damaged` or `io`.
    package init(_ directory: String, environment: Environment = .system()) throws(JournalError) {
        reader = LogReader(
            state: Locked(try JournalView.load(directory, environment))
        ) { () throws(JournalError) in
            try JournalView.load(directory, environment)
        }
    }

    /// Opens a tape, or a segment of a journal by itself, for reading.
    ///
    /// One without its footer, such as one that was cut short, is read as far as it is whole.
    ///
    /// - Throws: ``JournalError`` with code `notFound`, `newerFormat`, `damaged` when it is none, or
    ///   `io`.
    package init(tape path: String, environment: Environment = .system()) throws(JournalError) {
        let files = environment.fileSystem
        guard files.exists(path) else {
            throw JournalError(.notFound, "there is no such file", path: path)
        }
        let loaded = try LoadedSegment.read(path: path, files: files)
        let segment = SegmentFile(
            path: path, base: loaded.header.base, files: files,
            pinned: loaded.isSealed ? nil : loaded)
        reader = LogReader(state: Locked(LogState(tape: segment, loaded)))
    }

    /// Whether the file at `path` begins as a tape does.
    package static func isTape(_ path: String, environment: Environment = .system()) -> Bool {
        let file = try? environment.fileSystem.open(path, for: .reading)
        return (try? file?.read(SegmentHeader.magic.count, at: .zero)) == SegmentHeader.magic
    }

    /// Whether nothing can be missing at the end: of a tape, that it was not cut short.
    package var isWhole: Bool { reader.state.withLock { $0.segments.allSatisfy(\.isSealed) } }

    private static func load(
        _ directory: String, _ environment: Environment
    ) throws(JournalError) -> LogState {
        let layout = Layout(directory: directory)
        let files = environment.fileSystem
        guard files.exists(layout.manifest) else {
            throw JournalError(
                .notFound, "there is no journal here; name one with --journal", path: directory)
        }
        // The mark is read before the list of segments: whatever it names is in the list.
        let mark = try DurableMark.read(layout.mark, files)
        let isLive = files.isLocked(layout.lock)
        let bases = try layout.segmentBases(files)
        let file = try files.open(layout.manifest, for: .reading)
        let bytes = try file.read(Int(try file.length()), at: .zero)
        let manifest = try Manifest.read(bytes, path: layout.manifest).0
        guard manifest.journalID != nil else {
            throw JournalError(.damaged, "the MANIFEST names no journal", path: layout.manifest)
        }
        let known =
            environment.keepsCatalog && files.exists(layout.catalog)
            ? Catalog.openForReading(layout.catalog).load(manifest, segments: bases) : nil
        var state = LogState(manifest, end: manifest.removals.floor)
        var directory = known?.directory ?? Directory()
        var isComplete = true
        for (place, base) in bases.enumerated() where isComplete {
            let path = layout.segment(base)
            if place < known?.count ?? 0, place < bases.count - 1 {
                state.segments.append(SegmentFile(path: path, base: base, files: files))
                continue
            }
            // What is not sealed counts as far as it is published.
            let isNewest = place == bases.count - 1 || (isLive && mark?.segment == base)
            let found = try SegmentInspection.run(
                base, next: isNewest ? nil : bases[place + 1], mark: mark,
                isNamed: manifest.newestSegment == base,
                limit: isLive && isNewest
                    ? (mark?.segment == base ? mark?.position : .zero) : nil,
                for: .reading, layout, files)
            if found.isVoid || (found.loaded?.isSealed != true && isLive && isNewest) {
                isComplete = false
            }
            for hole in found.holes { state.note(Hole(range: hole, countedBelow: found.end)) }
            state.end = max(state.end, found.end)
            guard let loaded = found.loaded else { continue }
            state.segments.append(
                SegmentFile(
                    path: path, base: base, files: files, pinned: loaded.isSealed ? nil : loaded))
            if place >= known?.count ?? 0 { directory.merge(loaded.footer.index.directory()) }
        }
        for hole in state.holes { state.end = max(state.end, hole.end) }
        state.directory = directory
        return state
    }
}
