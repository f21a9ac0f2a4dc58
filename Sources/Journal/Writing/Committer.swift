import Foundation

/// The one thread that writes a journal: takes what has queued up, assigns offsets, writes one
/// commit, syncs it, publishes it, and tells the callers.
///
/// What queues up during one sync is the next commit. Nothing is published before it is as durable
/// as promised.
final class Committer: @unchecked Sendable {
    // SAFETY: everything mutable is touched by the committer's thread alone, from `run()`;
    // `start()` creates that thread once, after the object is complete.
    let environment: Environment
    let layout: Layout
    private let options: Journal.Options
    private let reader: LogReader
    let catalog: Catalog
    private let queue: WorkQueue<Work>
    private let observers: Locked<[@Sendable (Publication) -> Void]>
    private let finished = DispatchSemaphore(value: 0)
    private let compressor = LZ4GroupCompressor(capacity: GroupEncoder.groupRawMax)
    var manifest: ManifestLog
    private var mark: DurableMarkWriter
    private var writer: SegmentWriter?
    private var predecessor: SegmentHeader.Predecessor?
    private var end: Offset
    private var stopFailure: JournalError?
    private var lastSettled: UInt64
    private static let settledMicrosecondsMax: UInt64 = 1_000_000

    var state: Locked<LogState> { reader.state }

    init(
        environment: Environment, layout: Layout, options: Journal.Options, reader: LogReader,
        catalog: Catalog, queue: WorkQueue<Work>,
        observers: Locked<[@Sendable (Publication) -> Void]>, manifest: ManifestLog,
        mark: DurableMarkWriter, predecessor: SegmentHeader.Predecessor?
    ) {
        self.environment = environment
        self.layout = layout
        self.options = options
        self.reader = reader
        self.catalog = catalog
        self.queue = queue
        self.observers = observers
        self.manifest = manifest
        self.mark = mark
        self.predecessor = predecessor
        end = reader.state.withLock { $0.end }
        lastSettled = environment.now().monotonicMicroseconds
    }

    /// Starts the thread.
    func start() {
        let thread = Thread { self.run() }
        thread.name = "tapedeck-committer"
        thread.start()
    }

    /// Waits until everything queued is written and the thread has ended; call after the queue
    /// is closed, once.
    ///
    /// - Throws: why the journal could not be stopped in order.
    func join() throws(JournalError) {
        finished.wait()
        if let stopFailure { throw stopFailure }
    }

    private func run() {
        while true {
            // A second after the last commit the evidence of it is made durable too.
            let isSettled = mark.isSynced || !environment.settlesWhenIdle
            guard let work = queue.take(timeoutSeconds: isSettled ? nil : 1) else { break }
            if work.isEmpty || isSettlingDue { settle() }
            perform(work)
        }
        stop()
        finished.signal()
    }

    /// Does all of it in order; submissions that follow each other are one commit.
    private func perform(_ work: [Work]) {
        var submissions: [Submission] = []
        submissions.reserveCapacity(work.count)
        for item in work {
            switch item {
            case .append(let submission):
                submissions.append(submission)
            case .perform(let task):
                if !submissions.isEmpty { commit(submissions) }
                submissions = []
                task(self)
            }
        }
        if !submissions.isEmpty { commit(submissions) }
    }

    /// Whether commits have followed each other for a second without a pause.
    private var isSettlingDue: Bool {
        let now = environment.now().monotonicMicroseconds
        return !mark.isSynced && now > lastSettled + Committer.settledMicrosecondsMax
    }

    private func commit(_ submissions: [Submission]) {
        var (batch, outcomes) = CommitBatch.assigning(submissions, reader: reader, next: end)
        var rest = batch.adopt(batch.adoptions)
        do throws(JournalError) {
            if !batch.records.isEmpty { try write(batch) }
        } catch {
            for submission in submissions { submission.completion(.failure(error)) }
            return
        }
        let epoch = manifest.epoch
        for (submission, outcome) in zip(submissions, outcomes) {
            submission.completion(
                outcome.map { assignment in
                    Receipt(
                        ids: assignment.offsets.map { EventID(epoch: epoch, offset: $0) },
                        appended: assignment.appended, duplicates: assignment.duplicates)
                })
        }
        while !rest.isEmpty {
            var copies = CommitBatch(reader: reader, next: end)
            rest = copies.adopt(rest)
            // What fails here is made up for at the next event of its thread.
            guard !copies.records.isEmpty, (try? write(copies)) != nil else { return }
        }
    }

    /// Writes and publishes a commit.
    ///
    /// A device that fails gets one more chance, in a new file: never a second sync of the same
    /// one, since the kernel has dropped its pages.
    private func write(_ batch: CommitBatch) throws(JournalError) {
        if let reason = state.withLock({ $0.readOnlyReason }) {
            throw JournalError(.readOnly, reason)
        }
        do throws(JournalError) {
            try writeOnce(batch)
        } catch {
            guard error.code == .io else { throw error }
            abandonSegment()
            do throws(JournalError) {
                try writeOnce(batch)
            } catch {
                if error.code == .io { becomeReadOnly(error) }
                throw error
            }
        }
    }

    private func writeOnce(_ batch: CommitBatch) throws(JournalError) {
        if writer == nil { try openSegment() }
        guard let blocks = try writer?.append(batch, isSynced: options.durability == .durable),
            let position = writer?.position
        else { return }
        publish(batch, blocks, position)
        if isFull(position) {
            do throws(JournalError) { try seal() } catch { abandonSegment() }
        }
    }

    /// Whether the segment that is written up to `position` is to be closed.
    private func isFull(_ position: Position) -> Bool {
        guard let writer else { return false }
        return position.rawValue >= UInt64(options.segmentBytesMax)
            || end.rawValue - writer.header.base.rawValue >= UInt64(options.segmentRecordsMax)
    }

    private func openSegment() throws(JournalError) {
        let files = environment.fileSystem
        let header = SegmentHeader(
            journalID: manifest.journalID, epoch: manifest.epoch, salt: environment.random(),
            base: end, created: environment.now().wall, predecessor: predecessor)
        // Nothing was ever published of a file that has the name of the next record.
        if files.exists(layout.segment(end)) { try files.remove(layout.segment(end)) }
        let created = try SegmentWriter.create(header, compressor, layout, files)
        if let identity = files.identity(of: created.path) {
            try manifest.append(.segment(base: header.base, identity))
        }
        writer = created
        state.withLock {
            $0.identities = IdentityTable()
            $0.active = LogState.ActiveSegment(
                header: header, path: created.path, file: created.file, position: created.position)
        }
    }

    private func publish(
        _ batch: CommitBatch, _ blocks: [GroupEncoder.EncodedBlock], _ position: Position
    ) {
        end = batch.next
        let epoch = manifest.epoch
        let end = end
        let base = state.withLock { state -> Offset in
            guard var active = state.active.take() else { return end }
            active.index.add(
                blocks, records: batch.records.span, fields: batch.fields.span,
                segment: active.header.base)
            state.noteIdentities(of: batch, base: active.header.base)
            active.position = position
            state.active = active
            state.appendToTail(batch.records)
            state.end = end
            return active.header.base
        }
        // The mark helps other processes and recovery; the commit stands without it.
        mark.publish(epoch: epoch, end: end, segment: base, position: position)
        let publication = Publication(records: batch.records, epoch: epoch, end: end)
        for observer in observers.withLock({ $0 }) { observer(publication) }
    }

    /// Closes the segment with its footer and hands what is known of it to the catalog.
    ///
    /// - Throws: code `io` or `diskFull`; the segment is still the active one, and must be given
    ///   up.
    private func seal() throws(JournalError) {
        guard let active = state.withLock({ $0.active }), var writer else { return }
        let identities = sealedIdentities(of: active)
        let sealed = try writer.seal(active.index, identities)
        predecessor = sealed.asPredecessor
        retire(active, sealed, identities)
        self.writer = nil
    }

    /// The identities of the active segment as a footer keeps them; readers need not wait for it.
    private func sealedIdentities(of active: LogState.ActiveSegment) -> SealedIdentities {
        let table = state.withLock { $0.identities }
        return SealedIdentities(table, of: active.index, from: active.header.base)
    }

    /// Leaves a segment whose device failed as it is: what was published of it stays readable.
    private func abandonSegment() {
        predecessor = nil
        writer = nil
        guard let active = state.withLock({ $0.active }) else { return }
        guard !active.index.groups.isEmpty else {
            // Its name is the next segment's.
            return state.withLock { $0.active = nil }
        }
        let identities = sealedIdentities(of: active)
        let left = LoadedSegment(
            header: active.header,
            footer: SegmentFooter(header: active.header, index: active.index),
            source: .scan(identities), blocksEnd: active.position,
            fileLength: active.position.rawValue)
        retire(active, left, identities)
    }

    /// Hands a segment that is no longer written, of which `loaded` is known, to readers.
    private func retire(
        _ active: LogState.ActiveSegment, _ loaded: LoadedSegment, _ identities: SealedIdentities
    ) {
        let file = SegmentFile(
            path: active.path, base: active.header.base, files: environment.fileSystem,
            pinned: loaded.isSealed ? nil : loaded)
        reader.keep(loaded, IdentityIndex(loaded, identities), of: file)
        let part = active.index.directory
        let touched = state.withLock { state -> Directory in
            state.segments.append(file)
            state.directory.merge(part)
            state.active = nil
            state.identities = IdentityTable()
            return loaded.isSealed ? state.directory.touched(by: part) : Directory()
        }
        // The name of one without records is the next one's: the catalog never hears of it.
        if loaded.isSealed, !part.runs.isEmpty {
            catalog.note(segment: active.header.base, touched, part)
        }
    }

    /// Makes entries of the MANIFEST durable.
    ///
    /// - Throws: code `readOnly`, `io` or `diskFull`; then nothing has changed.
    func record(_ entries: [Manifest.Entry]) throws(JournalError) {
        if let reason = state.withLock({ $0.readOnlyReason }) {
            throw JournalError(.readOnly, reason)
        }
        // One at a time: of two in one write a crash could leave the second alone.
        for entry in entries { try manifest.append(entry) }
    }

    /// Seals the segment that is being written, if it has records: the next one begins another.
    ///
    /// - Throws: code `io` or `diskFull`; what was published of it stays readable.
    func roll() throws(JournalError) {
        guard state.withLock({ $0.active?.index.groups.isEmpty == false }) else {
            return abandonSegment()
        }
        do throws(JournalError) {
            try seal()
        } catch {
            abandonSegment()
            throw error
        }
    }

    private func becomeReadOnly(_ error: JournalError) {
        state.withLock {
            $0.readOnlyReason =
                "the journal is read-only since its disk failed (\(error)); mend it and restart"
        }
    }

    /// Makes the evidence of what was published durable, and in `os` mode the records too.
    private func settle() {
        do throws(JournalError) { try writer?.sync() } catch { abandonSegment() }
        try? mark.sync()
        lastSettled = environment.now().monotonicMicroseconds
    }

    private func stop() {
        do throws(JournalError) {
            if state.withLock({ $0.active?.index.groups.isEmpty == true }) { abandonSegment() }
            try seal()
            try mark.sync()
            if state.withLock({ $0.readOnlyReason }) == nil {
                try manifest.append(.stopped(end: end))
            }
        } catch {
            stopFailure = error
        }
        catalog.flush()
    }
}
