// What else is done on the committer's thread, between two commits.

extension Committer {
    /// Begins a new epoch: ids that were given out so far stay good.
    func fork() throws(JournalError) -> Epoch {
        var random = EnvironmentRandom(environment: environment)
        let epoch = Epoch.random(using: &random)
        let end = state.withLock { $0.end }
        try record([.forked(epoch, offset: end)])
        let epochs = manifest.manifest.epochs
        state.withLock { $0.epochs = epochs }
        return epoch
    }

    /// Has retention spare a run, or not any more.
    ///
    /// - Throws: also code `notFound` when there is no such run.
    func pin(_ run: RunID, _ isPinned: Bool) throws(JournalError) {
        let (isKnown, isPinnedNow) = state.withLock {
            ($0.lastOffset(of: run) != nil, $0.pins.contains(run))
        }
        guard isKnown || isPinnedNow else { throw JournalError.noRun(run) }
        guard isPinned != isPinnedNow else { return }
        try record([isPinned ? .pinned(run) : .unpinned(run)])
        let pins = manifest.manifest.pins
        state.withLock { $0.pins = pins }
    }

    /// Replaces segments from which records are removed, or takes them away.
    ///
    /// What is gone is written down first; readers see it gone at the moment in which the files
    /// are.
    ///
    /// - Throws: code `readOnly`, `io` or `diskFull`; what has been replaced by then stays so.
    func replace(_ changes: [SegmentChange]) throws(JournalError) {
        var removed: [RunID: RemovedRun] = [:]
        var remembered = Removals()
        var erased: [ErasedRecords] = []
        var damaged: [Manifest.Entry] = []
        for change in changes {
            for (run, part) in change.removed {
                if removed[run]?.merge(part) == nil { removed[run] = part }
            }
            for (thread, home) in change.threads { remembered.note(thread, home) }
            erased += change.erased
            damaged += change.damaged.map { .lost(.damaged($0)) }
        }
        if !erased.isEmpty { damaged.append(.erased(erased)) }
        try record(Manifest.Entry.notes(removed, threads: remembered.threads) + damaged)
        for change in changes { try replace(change) }
    }

    private func replace(_ change: SegmentChange) throws(JournalError) {
        let files = environment.fileSystem
        let path = layout.segment(change.base)
        // While it is open the file's blocks are not given back: that would take its time.
        let old = try? files.open(path, for: .reading)
        let failure = state.withLock { state -> JournalError? in
            do throws(JournalError) {
                if let draft = change.draft {
                    try files.rename(draft, to: path)
                } else {
                    try files.remove(path)
                }
            } catch {
                return error
            }
            for range in change.damaged { state.note(.damaged(range)) }
            state.remove(
                from: change.base, change.removed, erased: change.erased,
                replacement: change.draft == nil
                    ? nil : SegmentFile(path: path, base: change.base, files: files),
                where: change.isGone)
            return nil
        }
        if let failure { throw failure }
        extendLifetime(old)
        guard manifest.manifest.newestSegment == change.base, change.draft != nil,
            let identity = files.identity(of: path)
        else { return }
        try manifest.append(.segment(base: change.base, identity))
    }

    /// Takes over what is known of `segments` now that everything is removed, if they are still
    /// all that are sealed.
    ///
    /// - Returns: whether they are.
    func finishRemoval(_ directory: Directory, of segments: [SegmentFile]) -> Bool {
        let manifest = manifest.manifest
        let isDone = state.withLock { state in
            guard state.segments.elementsEqual(segments, by: ===) else { return false }
            state.finishRemoval(directory, manifest.removals)
            return true
        }
        if isDone {
            catalog.replaceLater(manifest, segments: segments.map(\.base), directory)
        }
        return isDone
    }
}

/// What is done to one segment of which records are removed.
struct SegmentChange: Sendable {
    var base: Offset
    /// The file that takes its place; nil when nothing is left.
    var draft: String?
    /// The first records of runs that are gone with it.
    var removed: [RunID: RemovedRun]
    /// Records of `unassigned` that are gone with the run that they belong to.
    var erased: [ErasedRecords]
    /// Records that could not be read when the draft was made.
    var damaged: [ClosedRange<Offset>]
    /// Threads that must be remembered.
    var threads: [String: ThreadHome]
    /// Whether a record of the segment is removed.
    var isGone: @Sendable (Record) -> Bool
}

extension JournalError {
    static func noRun(_ run: RunID) -> JournalError {
        JournalError(.notFound, "there is no run \(run.name); see tapedeck runs")
    }
}
