import Dispatch

/// Removes records of a journal, one removal at a time, beside its committer: a run that is
/// deleted, or what retention takes.
///
/// What is to go is written down first, so that a removal that was interrupted is finished by
/// the next start or the next removal. Segments are replaced one by one; their readers see a
/// record gone, and the gap, at the same moment.
final class RemovalWorker: Sendable {
    /// At most so many open runs are spared, those in which something was said last.
    private static let openMax = 2048
    /// Segments that go whole are taken away by as many at a time.
    private static let changesMax = 64

    private let environment: Environment
    private let layout: Layout
    private let reader: LogReader
    private let queue: WorkQueue<Work>
    private let tasks = DispatchQueue(label: "tapedeck-removal", qos: .utility)
    private let isStopping = Locked(false)
    private let lastFailure = Locked<JournalError?>(nil)

    /// Why the removal that was last begun is not finished; nil when it is, or is under way.
    var failure: JournalError? { lastFailure.withLock { $0 } }

    init(
        environment: Environment, layout: Layout, reader: LogReader, queue: WorkQueue<Work>
    ) {
        self.environment = environment
        self.layout = layout
        self.reader = reader
        self.queue = queue
    }

    /// Gives up between two segments, and waits until that is done; call it once the committer
    /// takes no more work.
    func stop() {
        isStopping.withLock { $0 = true }
        tasks.sync {}
    }

    /// Finishes what an earlier process began; returns at once.
    func resume() {
        tasks.async { _ = try? self.finish() }
    }

    /// Deletes a run; `completion` is called once, on the worker's thread.
    func delete(
        _ run: RunID,
        completion: @escaping @Sendable (Result<RemovalResult, JournalError>) -> Void
    ) {
        tasks.async {
            completion(
                Result { () throws(JournalError) in
                    var result = try self.finish()
                    let removal = try self.deletion(of: run)
                    try self.onCommitter { committer throws(JournalError) in
                        try committer.roll()
                        try committer.record([.removing(removal)])
                        let pins = committer.manifest.manifest.pins
                        committer.state.withLock { $0.pins = pins }
                    }
                    result.add(try self.carryOut(removal))
                    return result
                })
        }
    }

    /// Removes what `policy` lets go; `completion` is called once, on the worker's thread.
    func prune(
        _ policy: RetentionPolicy,
        completion: @escaping @Sendable (Result<RemovalResult, JournalError>) -> Void
    ) {
        tasks.async {
            completion(
                Result { () throws(JournalError) in
                    var result = try self.finish()
                    try self.rollIfOld(policy)
                    let plan = RetentionPlan(
                        policy: policy, files: self.environment.fileSystem)
                    if let before = policy.before {
                        let open = self.openRuns { $0.lastAt >= before }
                        result.add(try self.prune(spared: open, plan.floorByAge))
                    }
                    if policy.bytesMax != nil {
                        // A run that goes on is spared if others are enough.
                        let now = self.environment.now().wall.microseconds
                        let open = self.openRuns {
                            now - $0.lastIngest.microseconds < RunInfo.silentAfterMicroseconds
                        }
                        result.add(try self.prune(spared: open, plan.floorBySize))
                        result.add(try self.prune(spared: [], plan.floorBySize))
                    }
                    return result
                })
        }
    }

    // MARK: What is to go

    private func deletion(of run: RunID) throws(JournalError) -> Removal {
        guard reader.state.withLock({ $0.lastOffset(of: run) }) != nil else {
            throw JournalError.noRun(run)
        }
        let end = reader.state.withLock { $0.end }
        var originals: [Offset] = []
        var cursor = Cursor.start
        while cursor.next < end {
            let page = try reader.read(.run(run), from: cursor, bytesMax: 1 << 20)
            // An origin without an epoch names the record that this one was copied from.
            originals += page.records.compactMap { record in
                record.origin.flatMap { $0.epoch == nil ? $0.offset : nil }
            }
            cursor = page.cursor
            if page.isAtEnd { break }
        }
        return .deletion(run, before: end, originals: originals.sorted())
    }

    /// Seals the segment that is being written where all of it may go by its age, or must be
    /// looked at.
    private func rollIfOld(_ policy: RetentionPolicy) throws(JournalError) {
        let isOld = reader.state.withLock { state in
            state.active?.index.groups.allSatisfy { group in
                policy.before.map { group.latest < $0 } ?? false
            } ?? false
        }
        guard isOld || !policy.takesWholeSegmentsOnly else { return }
        try onCommitter { committer throws(JournalError) in try committer.roll() }
    }

    /// Runs with a thread that was created and is open for which `isRecent` holds.
    private func openRuns(_ isRecent: (RunSummary) -> Bool) -> Set<RunID> {
        let open = reader.state.withLock { state in
            var names = Set(state.directory.runs.keys)
            if let active = state.active { names.formUnion(active.index.directory.runs.keys) }
            return names.compactMap { run -> (run: RunID, summary: RunSummary)? in
                guard run != .unassigned, let summary = state.summary(of: run),
                    isRecent(summary)
                else { return nil }
                let isOpen = summary.threads.contains { name, status in
                    guard status == .open, let thread = state.thread(name) else { return false }
                    return thread.run == run && thread.isCreated
                }
                return isOpen ? (run, summary) : nil
            }
        }
        guard open.count > RemovalWorker.openMax else { return Set(open.map(\.run)) }
        return Set(
            open.sorted { $0.summary.last > $1.summary.last }.prefix(RemovalWorker.openMax)
                .map(\.run))
    }

    /// Takes what is below the floor that `floor` finds.
    private func prune(
        spared: Set<RunID>, _ floor: ([SegmentFile]) throws(JournalError) -> Offset
    ) throws(JournalError) -> RemovalResult {
        let (segments, pins) = reader.state.withLock { ($0.segments, $0.pins) }
        let removal = Removal.retention(floor: try floor(segments), spared: spared)
        let scope = RemovalScope(removal, pins: pins)
        for segment in segments {
            guard let loaded = try RetentionPlan.readable(segment), scope.concerns(loaded) else {
                continue
            }
            try onCommitter { committer throws(JournalError) in
                try committer.record([.removing(removal)])
            }
            return try carryOut(removal)
        }
        return RemovalResult()
    }

    // MARK: Carrying out

    /// Finishes the removal that was begun and is not done, if there is one.
    private func finish() throws(JournalError) -> RemovalResult {
        let unfinished = try onCommitter { committer throws(JournalError) in
            committer.manifest.manifest.unfinishedRemoval
        }
        guard let unfinished else { return RemovalResult() }
        do throws(JournalError) {
            try onCommitter { committer throws(JournalError) in try committer.roll() }
        } catch {
            lastFailure.withLock { $0 = error }
            throw error
        }
        return try carryOut(unfinished)
    }

    private func carryOut(_ removal: Removal) throws(JournalError) -> RemovalResult {
        do throws(JournalError) {
            lastFailure.withLock { $0 = nil }
            return try replaceSegments(removal)
        } catch {
            lastFailure.withLock { $0 = error }
            throw error
        }
    }

    private func replaceSegments(_ removal: Removal) throws(JournalError) -> RemovalResult {
        let scope = RemovalScope(removal, pins: reader.state.withLock { $0.pins })
        let rewriter = SegmentRewriter(environment: environment, layout: layout)
        var result = RemovalResult()
        var changes: [SegmentChange] = []
        for segment in reader.state.withLock({ $0.segments }) {
            guard !isStopping.withLock({ $0 }) else { throw JournalError.closed }
            guard let loaded = try RetentionPlan.readable(segment), scope.concerns(loaded) else {
                continue
            }
            let (change, part) = try scope.change(segment, loaded, rewriter)
            result.add(part)
            changes.append(change)
            guard change.draft != nil || changes.count >= RemovalWorker.changesMax else { continue }
            try replace(changes)
            changes = []
        }
        try replace(changes)
        try forgetQuarantine(removal)
        try environment.fileSystem.syncDirectory(layout.segments)
        try takeOver()
        try onCommitter { committer throws(JournalError) in
            try committer.record([.removalDone])
        }
        return result
    }

    private func replace(_ changes: [SegmentChange]) throws(JournalError) {
        guard !changes.isEmpty else { return }
        try onCommitter { committer throws(JournalError) in try committer.replace(changes) }
    }

    /// What recovery put aside may hold records of any run.
    private func forgetQuarantine(_ removal: Removal) throws(JournalError) {
        guard case .deletion = removal else { return }
        let files = environment.fileSystem
        let names = try files.names(in: layout.quarantine)
        guard !names.isEmpty else { return }
        for name in names { try files.remove("\(layout.quarantine)/\(name)") }
        try files.syncDirectory(layout.quarantine)
    }

    /// Puts together what the segments that are left say of runs and threads.
    private func takeOver() throws(JournalError) {
        var isDone = false
        while !isDone {
            let segments = reader.state.withLock { $0.segments }
            var directory = Directory()
            for segment in segments {
                guard let loaded = try RetentionPlan.readable(segment) else { continue }
                directory.merge(loaded.footer.index.directory())
            }
            let whole = directory
            isDone = try onCommitter { committer throws(JournalError) in
                committer.finishRemoval(whole, of: segments)
            }
        }
    }

    /// Has the committer do something between two commits, and waits for it.
    private func onCommitter<Value: Sendable>(
        _ body: @escaping @Sendable (Committer) throws(JournalError) -> Value
    ) throws(JournalError) -> Value {
        let answer = Locked<Result<Value, JournalError>?>(nil)
        let answered = DispatchSemaphore(value: 0)
        let admission = queue.enqueue(weight: 0) {
            .perform { committer in
                let result = Result { () throws(JournalError) in try body(committer) }
                answer.withLock { $0 = result }
                answered.signal()
            }
        }
        guard admission == .queued else { throw JournalError.closed }
        answered.wait()
        guard let result = answer.withLock({ $0 }) else { throw JournalError.closed }
        return try result.get()
    }
}

extension RemovalResult {
    mutating func add(_ other: RemovalResult) {
        records += other.records
        bytes += other.bytes
    }
}

extension JournalError {
    static let closed = JournalError(.closed, "the journal is closed")
}
