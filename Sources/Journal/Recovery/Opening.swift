/// What a journal's directory holds, put together so that its one writer can go on.
struct Opening {
    let environment: Environment
    let layout: Layout
    private var files: any FileSystem { environment.fileSystem }

    /// Everything that a writer starts from.
    struct Result {
        var state: LogState
        var manifest: ManifestLog
        var mark: DurableMarkWriter
        var catalog: Catalog
        var predecessor: SegmentHeader.Predecessor?
        var report: RecoveryReport
    }

    /// Opens the journal for its one writer, recovers what an unclean stop left, and forks the
    /// epoch where offsets that were given out could come to mean something else.
    ///
    /// Everything is looked at first; what it means is written to the MANIFEST; only then is
    /// anything cut or sealed. So the result is the same when it is interrupted and done again.
    ///
    /// - Precondition: the caller holds the directory's lock.
    func openForWriting(_ durability: Durability) throws(JournalError) -> Result {
        try files.makeDirectory(layout.segments)
        // Names that a killed process left may be in the kernel's memory alone.
        try files.syncDirectory(layout.segments)
        var report = RecoveryReport()
        let bases = try layout.segmentBases(files)
        var (manifest, isRebuilt) = try openManifest(bases, &report)
        let isCopy = isCopy(manifest.manifest, bases)
        var (catalog, anew) =
            environment.keepsCatalog ? Catalog.open(layout.catalog, files) : (.none, nil)
        let known = isRebuilt ? nil : catalog.load(manifest.manifest, segments: bases)
        let mark = try DurableMark.read(layout.mark, files)
        let skipped = min(known?.count ?? 0, max(bases.count - 1, 0))
        var found: [SegmentInspection] = []
        for place in skipped..<bases.count {
            found.append(
                try SegmentInspection.run(
                    bases[place], next: place + 1 < bases.count ? bases[place + 1] : nil,
                    mark: mark, isNamed: manifest.manifest.newestSegment == bases[place],
                    for: .writing, layout, files))
        }
        let losses = Losses(
            found, expected: skipped == 0 ? .zero : bases[skipped], manifest.manifest, mark)
        for hole in losses.new { try manifest.append(.lost(hole)) }
        try forkIfNeeded(&manifest, losses, isCopy: isCopy, found.last, &report)
        var state = LogState(manifest.manifest, end: losses.end)
        var directory = known?.directory ?? Directory()
        var kept = Array(bases[..<skipped])
        var newest: LoadedSegment?
        let recovery = SegmentRecovery(environment: environment, layout: layout)
        for inspection in found {
            guard let loaded = try recovery.settle(inspection, manifest, &report) else { continue }
            if kept.count >= known?.count ?? 0 { directory.merge(loaded.footer.index.directory()) }
            kept.append(inspection.base)
            newest = loaded
        }
        state.segments = kept.map {
            SegmentFile(path: layout.segment($0), base: $0, files: files)
        }
        state.directory = directory
        try noteNewestSegment(kept.last, &manifest)
        if known?.count != kept.count || anew != nil {
            if environment.keepsCatalog,
                !catalog.replace(manifest.manifest, segments: kept, directory)
            {
                catalog = Catalog.anew(layout.catalog, files)
                _ = catalog.replace(manifest.manifest, segments: kept, directory)
            }
            if known == nil, !kept.isEmpty, environment.keepsCatalog {
                report.findings.append(
                    .catalogRebuilt(reason: anew ?? "it was of other segments"))
            }
        }
        var writer = try DurableMarkWriter(layout, files)
        writer.publish(
            epoch: manifest.epoch, end: state.end, segment: kept.last ?? state.end,
            position: Position(rawValue: newest?.fileLength ?? 0))
        try writer.sync()
        try manifest.append(.started(environment.now().boot, durability))
        return Result(
            state: state, manifest: manifest, mark: writer, catalog: catalog,
            predecessor: newest?.asPredecessor, report: report)
    }

    /// The manifest at hand, a new one for a new journal, or one made from the newest segment
    /// where it is missing.
    private func openManifest(_ bases: [Offset], _ report: inout RecoveryReport)
        throws(JournalError) -> (ManifestLog, isRebuilt: Bool)
    {
        if files.exists(layout.manifest) {
            return (try ManifestLog.open(layout, files), false)
        }
        var random = EnvironmentRandom(environment: environment)
        let epoch = Epoch.random(using: &random)
        guard let newest = bases.last else {
            let id = JournalID(high: environment.random(), low: environment.random())
            return (try ManifestLog.create([.created(id, epoch)], layout, files), false)
        }
        let path = layout.segment(newest)
        let header = try LoadedSegment.open(files.open(path, for: .reading), path: path).header
        let entries: [Manifest.Entry] = [
            .created(header.journalID, header.epoch), .forked(epoch, offset: newest),
        ]
        report.findings.append(
            .forked(epoch: epoch, offset: newest, reason: "the MANIFEST was missing"))
        return (try ManifestLog.create(entries, layout, files), true)
    }

    /// Whether the newest segment's file is not the one that was written: a restored backup.
    private func isCopy(_ manifest: Manifest, _ bases: [Offset]) -> Bool {
        guard let newest = manifest.newestSegment, let identity = manifest.newestIdentity,
            bases.contains(newest)
        else { return false }
        return files.identity(of: layout.segment(newest)) != identity
    }

    private func noteNewestSegment(_ newest: Offset?, _ manifest: inout ManifestLog)
        throws(JournalError)
    {
        guard let newest, let identity = files.identity(of: layout.segment(newest)),
            newest != manifest.manifest.newestSegment
                || identity != manifest.manifest.newestIdentity
        else { return }
        try manifest.append(.segment(base: newest, identity))
    }

    /// Begins a new epoch where an id that was given out could come to name another record.
    private func forkIfNeeded(
        _ manifest: inout ManifestLog, _ losses: Losses, isCopy: Bool,
        _ newest: SegmentInspection?, _ report: inout RecoveryReport
    ) throws(JournalError) {
        let known = manifest.manifest
        let reason: String
        if losses.mayBeTold {
            reason = "records that somebody was told of may be lost"
        } else if known.unfinished?.durability == .os,
            known.unfinished?.boot != environment.now().boot
        {
            reason = "the machine went down while writing without syncs"
        } else if isCopy {
            reason = "this is a copy of the journal"
        } else if let epoch = newest?.loaded?.header.epoch, !known.epochs.contains(epoch) {
            reason = "the MANIFEST has lost its end"
        } else {
            return
        }
        // A recovery that was interrupted has forked already.
        guard known.unfinishedFork != losses.recordsEnd else { return }
        var random = EnvironmentRandom(environment: environment)
        let epoch = Epoch.random(using: &random)
        try manifest.append(.forked(epoch, offset: losses.recordsEnd))
        report.findings.append(
            .forked(epoch: epoch, offset: losses.recordsEnd, reason: reason))
    }
}

/// What is lost of a journal, by what was found of its segments.
private struct Losses {
    /// The offset after the last record that is left.
    var recordsEnd = Offset.zero
    /// The offset after the last one that was ever promised.
    var end = Offset.zero
    /// Holes that the MANIFEST does not tell of yet.
    var new: [Hole] = []
    /// Whether something may be lost that somebody was told of.
    var mayBeTold: Bool

    /// What is lost, where the first of `found` may have no lower offset than `expected`.
    init(
        _ found: [SegmentInspection], expected: Offset, _ manifest: Manifest, _ mark: DurableMark?
    ) {
        var holes: [ClosedRange<Offset>] = []
        var covered = expected
        mayBeTold = found.contains { $0.mayHaveLost }
        func note(lostBefore offset: Offset) {
            // Retention takes whole segments.
            covered = max(covered, min(offset, manifest.removals.floor))
            guard covered < offset else { return }
            holes.append(covered...Offset(rawValue: offset.rawValue - 1))
            covered = offset
        }
        recordsEnd = expected
        for inspection in found {
            note(lostBefore: inspection.base)
            holes += inspection.holes
            recordsEnd = max(recordsEnd, inspection.end)
            covered = max(covered, inspection.end)
            for hole in inspection.holes { covered = max(covered, hole.upperBound.next) }
        }
        recordsEnd = max(recordsEnd, manifest.removals.floor)
        for hole in manifest.losses { covered = max(covered, hole.end) }
        note(lostBefore: max(manifest.stoppedEnd ?? .zero, mark?.end ?? .zero))
        end = covered
        for range in holes
        where !manifest.losses.contains(where: {
            $0.range.contains(range.lowerBound) && $0.range.contains(range.upperBound)
        }) {
            new.append(Hole(range: range, countedBelow: recordsEnd))
            mayBeTold = true
        }
    }
}
