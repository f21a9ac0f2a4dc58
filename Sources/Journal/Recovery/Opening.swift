/// What a journal's directory holds, put together so that it can be read and, by its one writer,
/// written.
struct Opening {
    let environment: Environment
    let layout: Layout
    private var files: any FileSystem { environment.fileSystem }

    /// Everything that a writer starts from.
    struct Result {
        var state: LogState
        var manifest: ManifestLog
        var catalog: Catalog
        var predecessor: SegmentHeader.Predecessor?
        var report: RecoveryReport
    }

    /// Opens the journal for its one writer, recovers what an unclean stop left, and forks the
    /// epoch where offsets that were given out could come to mean something else.
    ///
    /// The result is the same when it is interrupted and done again.
    ///
    /// - Precondition: the caller holds the directory's lock.
    func openForWriting(_ durability: Durability) throws(JournalError) -> Result {
        try files.makeDirectory(layout.segments)
        var report = RecoveryReport()
        let bases = try segmentBases()
        var manifest: ManifestLog
        if files.exists(layout.manifest) {
            manifest = try ManifestLog.open(layout, files)
        } else if let newest = bases.last {
            manifest = try rebuildManifest(from: newest, &report)
        } else {
            var random = EnvironmentRandom(environment: environment)
            manifest = try ManifestLog.create(
                id: JournalID(high: environment.random(), low: environment.random()),
                epoch: .random(using: &random), layout, files)
        }
        let (catalog, anew) =
            environment.keepsCatalog ? Catalog.open(layout.catalog, files) : (.none, nil)
        let known = catalog.load(manifest.journalID, segments: bases)
        var directory = known?.directory ?? Directory()
        var state = LogState(epochs: manifest.manifest.epochs, end: .zero)
        let mark = DurableMark.read(layout.mark, files)
        var lostEnd: Offset?
        var predecessor: SegmentHeader.Predecessor?
        var kept: [Offset] = []
        for (place, base) in bases.enumerated() {
            let isNewest = place == bases.count - 1
            if place < known?.count ?? 0, !isNewest {
                state.segments.append(SegmentFile(path: layout.segment(base), base: base, files: files))
                kept.append(base)
                continue
            }
            let limit = isNewest ? nil : bases[place + 1]
            guard
                let loaded = try recover(
                    base, evidence: mark, limit: limit, &report)
            else { continue }
            state.segments.append(SegmentFile(path: layout.segment(base), base: base, files: files))
            kept.append(base)
            for hole in loaded.footer.holes { state.note(hole: hole) }
            if place >= known?.count ?? 0 { directory.merge(loaded.footer.index.directory) }
            state.end = max(state.end, loaded.footer.index.end ?? base)
            if isNewest, let last = loaded.footer.holes.last?.range.upperBound.next,
                last > state.end
            {
                lostEnd = last
            }
            predecessor = SegmentHeader.Predecessor(
                base: base, length: loaded.fileLength, lastCRC: 0)
        }
        state.end = max(state.end, manifest.manifest.stoppedEnd ?? .zero)
        state.directory = directory
        if known?.count != kept.count || anew != nil {
            catalog.replace(manifest.journalID, segments: kept, directory)
            if known == nil, !kept.isEmpty {
                report.findings.append(
                    .catalogRebuilt(reason: anew ?? "it was of other segments"))
            }
        }
        try forkIfNeeded(&manifest, &state, lostEnd: lostEnd, bases: bases, &report)
        try manifest.append(.started(environment.now().boot, durability))
        return Result(
            state: state, manifest: manifest, catalog: catalog, predecessor: predecessor,
            report: report)
    }

    /// The bases of the segments in the directory, ascending.
    func segmentBases() throws(JournalError) -> [Offset] {
        try files.names(in: layout.segments).compactMap(Layout.base(ofSegmentNamed:)).sorted()
    }

    /// Brings one segment into the state in which a segment is left by an orderly stop: whole, and
    /// sealed. Bytes that are cut are kept in `quarantine/`.
    ///
    /// - Returns: the segment; nil when it held nothing and is gone.
    private func recover(
        _ base: Offset, evidence mark: DurableMark?, limit: Offset?,
        _ report: inout RecoveryReport
    ) throws(JournalError) -> LoadedSegment? {
        let path = layout.segment(base)
        let file = try files.open(path, for: .writing)
        let length = try file.length()
        let header: SegmentHeader
        do throws(JournalError) {
            header = try LoadedSegment.header(of: file, path: path)
        } catch {
            // A header that never got to the disk belongs to a segment that nobody was told of.
            guard error.code == .damaged, limit == nil, mark?.segment != base else { throw error }
            _ = try quarantine(file, from: .zero, path: path)
            try files.remove(path)
            try files.syncDirectory(layout.segments)
            return nil
        }
        if let sealed = try LoadedSegment.sealed(file, header, length) { return sealed }
        var scan = try SegmentScan.run(file, header, path: path, before: limit)
        let good = scan.loaded.footer.index.end ?? base
        if let tail = scan.tail {
            let kept = try quarantine(file, from: tail.position, path: path)
            try file.truncate(to: tail.position)
            try file.sync()
            let promised = mark.flatMap {
                $0.segment == base && $0.position > tail.position ? $0.end : nil
            }
            let lost = [promised, tail.attestedEnd].compactMap { $0 }.max()
            if let lost, lost > good {
                let range = good...Offset(rawValue: lost.rawValue - 1)
                scan.loaded.footer.holes.append(
                    Gap(range: range, missed: nil, reason: .corruption))
                report.findings.append(
                    .damage(path: path, position: tail.position, range: range))
            } else {
                report.findings.append(
                    .tornTail(
                        path: path, position: tail.position, bytes: tail.length, keptAs: kept))
            }
        } else if let mark, mark.segment == base, mark.end > good, limit == nil {
            let range = good...Offset(rawValue: mark.end.rawValue - 1)
            scan.loaded.footer.holes.append(Gap(range: range, missed: nil, reason: .corruption))
            report.findings.append(.damage(path: path, position: nil, range: range))
        }
        if scan.loaded.footer.index.groups.isEmpty, scan.loaded.footer.holes.isEmpty {
            try files.remove(path)
            try files.syncDirectory(layout.segments)
            return nil
        }
        return try seal(scan.loaded, file, path: path, &report)
    }

    private func seal(
        _ loaded: LoadedSegment, _ file: any File, path: String, _ report: inout RecoveryReport
    ) throws(JournalError) -> LoadedSegment {
        var sealed = loaded
        let bytes = loaded.footer.encoded(at: loaded.blocksEnd, in: loaded.header)
        try file.sync()
        try file.write(bytes, at: loaded.blocksEnd)
        try file.sync()
        sealed.fileLength = loaded.blocksEnd.rawValue + UInt64(bytes.count)
        sealed.isSealed = true
        report.findings.append(
            .sealed(path: path, records: loaded.footer.index.recordCount))
        return sealed
    }

    /// Keeps the bytes of a file from `position` on in `quarantine/`.
    private func quarantine(_ file: any File, from position: Position, path: String)
        throws(JournalError) -> String
    {
        try files.makeDirectory(layout.quarantine)
        let name = path.split(separator: "/").last.map(String.init) ?? "segment"
        let target = "\(layout.quarantine)/\(name)-at-\(position.rawValue)"
        if files.exists(target) { try files.remove(target) }
        let copy = try files.create(target)
        let bytes = try file.read(Int(try file.length() - position.rawValue), at: position)
        try copy.write(bytes, at: .zero)
        try copy.sync()
        try files.syncDirectory(layout.quarantine)
        return target
    }

    /// Begins a new epoch where an id that was given out could come to name another record.
    private func forkIfNeeded(
        _ manifest: inout ManifestLog, _ state: inout LogState, lostEnd: Offset?,
        bases: [Offset], _ report: inout RecoveryReport
    ) throws(JournalError) {
        let known = manifest.manifest
        var reason: String?
        let forkOffset = state.end
        if let lostEnd {
            state.end = lostEnd
            if !known.epochs.hasFork(at: forkOffset) {
                reason = "records that had been published were lost"
            }
        } else if known.unfinished?.durability == .os,
            known.unfinished?.boot != environment.now().boot
        {
            reason = "the machine went down while writing without syncs"
        } else if let newest = known.newestSegment, let identity = known.newestIdentity,
            bases.contains(newest), files.identity(of: layout.segment(newest)) != identity
        {
            reason = "this is a copy of the journal"
        }
        guard let reason else { return }
        var random = EnvironmentRandom(environment: environment)
        let epoch = Epoch.random(using: &random)
        try manifest.append(.forked(epoch, offset: forkOffset))
        if let newest = bases.last,
            let identity = files.identity(of: layout.segment(newest))
        {
            try manifest.append(.segment(base: newest, identity))
        }
        state.epochs = manifest.manifest.epochs
        report.findings.append(.forked(epoch: epoch, offset: forkOffset, reason: reason))
    }

    /// A manifest for segments that have lost theirs: the same journal, a new epoch.
    private func rebuildManifest(from newest: Offset, _ report: inout RecoveryReport)
        throws(JournalError) -> ManifestLog
    {
        let path = layout.segment(newest)
        let header = try LoadedSegment.header(of: files.open(path, for: .reading), path: path)
        var manifest = try ManifestLog.create(
            id: header.journalID, epoch: header.epoch, layout, files)
        var random = EnvironmentRandom(environment: environment)
        let epoch = Epoch.random(using: &random)
        try manifest.append(.forked(epoch, offset: newest))
        report.findings.append(
            .forked(epoch: epoch, offset: newest, reason: "the MANIFEST was missing"))
        return manifest
    }
}
