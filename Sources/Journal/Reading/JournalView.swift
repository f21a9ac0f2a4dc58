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
        let layout = Layout(directory: directory)
        let files = environment.fileSystem
        guard files.exists(layout.manifest) else {
            throw JournalError(
                .notFound, "there is no journal here; name one with --journal", path: directory)
        }
        let file = try files.open(layout.manifest, for: .reading)
        let bytes = try file.read(Int(try file.length()), at: .zero)
        let manifest = try Manifest.read(bytes, path: layout.manifest).0
        guard let id = manifest.journalID else {
            throw JournalError(.damaged, "the MANIFEST names no journal", path: layout.manifest)
        }
        // The mark is read before the list of segments: whatever it names is in the list.
        let mark = files.isLocked(layout.lock) ? DurableMark.read(layout.mark, files) : nil
        let bases = try Opening(environment: environment, layout: layout).segmentBases()
        let known =
            environment.keepsCatalog && files.exists(layout.catalog)
            ? Catalog.openForReading(layout.catalog).load(id, segments: bases) : nil
        var state = LogState(epochs: manifest.epochs, end: .zero)
        var directory = known?.directory ?? Directory()
        for (place, base) in bases.enumerated() {
            let path = layout.segment(base)
            if place < known?.count ?? 0, place < bases.count - 1 {
                state.segments.append(SegmentFile(path: path, base: base, files: files))
                continue
            }
            if let mark, base > mark.segment { continue }
            let file = try files.open(path, for: .reading)
            let header = try LoadedSegment.header(of: file, path: path)
            let loaded: LoadedSegment
            if let sealed = try LoadedSegment.sealed(file, header, file.length()) {
                loaded = sealed
            } else {
                loaded = try SegmentScan.run(
                    file, header, path: path,
                    limit: mark?.segment == base ? mark?.position : nil,
                    before: place + 1 < bases.count ? bases[place + 1] : nil
                ).loaded
            }
            state.segments.append(
                SegmentFile(
                    path: path, base: base, files: files, pinned: loaded.isSealed ? nil : loaded))
            for hole in loaded.footer.holes { state.note(hole: hole) }
            if place >= known?.count ?? 0 { directory.merge(loaded.footer.index.directory) }
            state.end = max(state.end, loaded.footer.index.end ?? base)
        }
        state.directory = directory
        reader = LogReader(state: Locked(state))
    }
}
