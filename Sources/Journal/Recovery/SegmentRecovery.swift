/// Brings segments into the state in which an orderly stop leaves them: whole, and sealed.
///
/// Bytes that are cut are kept in `quarantine/`.
struct SegmentRecovery {
    let environment: Environment
    let layout: Layout
    private var files: any FileSystem { environment.fileSystem }

    /// Settles one segment.
    ///
    /// - Returns: the segment; nil when it held nothing and is gone.
    func settle(
        _ found: SegmentInspection, _ manifest: ManifestLog, _ report: inout RecoveryReport
    ) throws(JournalError) -> LoadedSegment? {
        if let loaded = found.loaded, loaded.isSealed, !found.isVoid {
            if manifest.manifest.unfinished != nil {
                try rewrite(found, until: Position(rawValue: loaded.fileLength))
            }
            return loaded
        }
        if let tail = found.tail {
            let kept = try quarantine(found.file, from: tail.position, path: found.path)
            report.findings.append(
                .cut(path: found.path, position: tail.position, bytes: tail.length, keptAs: kept))
        }
        for hole in found.holes {
            report.findings.append(.damage(path: found.path, range: hole))
        }
        guard !found.isVoid else {
            if found.loaded == nil, try found.file.length() > 0 {
                _ = try quarantine(found.file, from: .zero, path: found.path)
            }
            try files.remove(found.path)
            try files.syncDirectory(layout.segments)
            return nil
        }
        guard var loaded = found.loaded else { return try replace(found, manifest) }
        if let tail = found.tail {
            try found.file.truncate(to: tail.position)
            try found.file.sync()
        }
        try rewrite(found, until: loaded.blocksEnd)
        loaded.footer.holes = found.holes
        report.findings.append(
            .sealed(path: found.path, records: loaded.footer.index.recordCount))
        return try seal(loaded, found.file)
    }

    /// Writes again, and syncs, what may be in the kernel's memory alone: after a failed sync it
    /// counts as written there, and a process that is then killed leaves no word of it.
    private func rewrite(_ found: SegmentInspection, until end: Position) throws(JournalError) {
        let count = Int(end.rawValue - min(found.synced.rawValue, end.rawValue))
        try found.file.write(try found.file.read(count, at: found.synced), at: found.synced)
        try found.file.sync()
    }

    /// Puts a segment without records, which tells of the hole, in place of one whose header is
    /// lost.
    ///
    /// The old file is kept in `quarantine/`.
    private func replace(
        _ found: SegmentInspection, _ manifest: ManifestLog
    ) throws(JournalError) -> LoadedSegment {
        _ = try quarantine(found.file, from: .zero, path: found.path)
        let header = SegmentHeader(
            journalID: manifest.journalID, epoch: manifest.epoch, salt: environment.random(),
            base: found.base, created: environment.now().wall, predecessor: nil)
        let draft = layout.segmentDraft
        if files.exists(draft) { try files.remove(draft) }
        let file = try files.create(draft)
        let bytes = header.encoded
        try file.write(bytes, at: .zero)
        let footer = SegmentFooter(header: header, index: SegmentIndex(), holes: found.holes)
        let loaded = try seal(
            LoadedSegment(
                header: header, footer: footer, source: .scan(SealedIdentities([])),
                blocksEnd: Position.zero + bytes.count, fileLength: UInt64(bytes.count)), file)
        try files.rename(draft, to: found.path)
        try files.syncDirectory(layout.segments)
        return loaded
    }

    private func seal(_ loaded: LoadedSegment, _ file: any File) throws(JournalError)
        -> LoadedSegment
    {
        guard case .scan(let identities) = loaded.source else { return loaded }
        let end = loaded.footer.encoded(with: identities, at: loaded.blocksEnd)
        do throws(JournalError) {
            try file.write(end.bytes, at: loaded.blocksEnd)
            try file.sync()
        } catch {
            // The next start must not take half a footer for a block that was lost.
            try? file.truncate(to: loaded.blocksEnd)
            throw error
        }
        return loaded.sealed(by: end)
    }

    /// Keeps the bytes of a file from `position` on in `quarantine/`.
    ///
    /// What an interrupted start has kept there stays: it may have cut and written since.
    private func quarantine(_ file: any File, from position: Position, path: String)
        throws(JournalError) -> String
    {
        try files.makeDirectory(layout.quarantine)
        let name = path.split(separator: "/").last.map(String.init) ?? "segment"
        var bytes = try file.read(Int(try file.length() - position.rawValue), at: position)
        let first = "\(layout.quarantine)/\(name)-at-\(position.rawValue)"
        var target = first
        var number = 1
        while files.exists(target) {
            let kept = try files.open(target, for: .reading)
            let known = try kept.read(Int(try kept.length()), at: .zero)
            // It may not be finished, or in the kernel's memory alone.
            if known.starts(with: bytes) { bytes = known }
            if bytes.starts(with: known) { break }
            number += 1
            target = "\(first)-\(number)"
        }
        let copy =
            files.exists(target)
            ? try files.open(target, for: .writing) : try files.create(target)
        try copy.write(bytes, at: .zero)
        try copy.sync()
        try files.syncDirectory(layout.quarantine)
        return target
    }
}
