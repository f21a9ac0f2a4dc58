/// A journal opened by its one writer: appends events, and serves readers beside.
///
/// Records are published, to the callers of ``append(_:atomically:)`` and to every reader, only
/// once they are as durable as ``Options/durability`` promises. All methods may be called from any
/// thread.
public final class Journal: JournalReading {
    /// How a journal is written.
    public struct Options: Sendable {
        /// What an acknowledged record survives.
        public var durability: Durability
        /// A segment is closed once it is this long, in bytes.
        public var segmentBytesMax: Int
        /// A segment is closed once it has so many records, however short they are: what a start
        /// after a crash has to read again, and a reader to know of a segment, stays bounded.
        public var segmentRecordsMax: Int
        /// More data than this, in bytes, is never queued for the disk.
        public var queuedBytesMax: Int

        /// The given options, by default durable, with segments of 64 MiB or 262,144 records.
        public init(
            durability: Durability = .durable, segmentBytesMax: Int = 64 << 20,
            segmentRecordsMax: Int = 1 << 18, queuedBytesMax: Int = 64 << 20
        ) {
            self.durability = durability
            self.segmentBytesMax = segmentBytesMax
            self.segmentRecordsMax = segmentRecordsMax
            self.queuedBytesMax = queuedBytesMax
        }
    }

    /// The most bytes of data in one event.
    public static let eventBytesMax = 16 << 20
    /// The most bytes that are recorded atomically, with what is kept beside each event's data.
    public static let atomicBytesMax = BlockHeader.rawLengthMax - 1024
    /// The most events that are recorded atomically.
    public static let atomicEventsMax = BlockHeader.recordsMax

    /// What an acknowledged record survives.
    public let durability: Durability
    /// What opening the journal found and did.
    public let recovery: RecoveryReport
    package let reader: LogReader
    /// Where a recorder keeps what it has to remember of each upstream.
    package let upstreamsDirectory: String
    private let clock: IngestClock
    private let queue: WorkQueue<Work>
    private let observers = Locked<[@Sendable (Publication) -> Void]>([])
    private let committer: Committer
    let removals: RemovalWorker
    private let lock: Locked<(any DirectoryLock)?>

    /// Opens the journal in `directory` for writing, creating it if there is none.
    ///
    /// Recovers what an unclean stop left: see ``recovery``.
    ///
    /// - Throws: ``JournalError`` with code `locked` when another process writes to it,
    ///   `newerFormat`, `damaged`, `io` or `diskFull`.
    public static func open(_ directory: String, options: Options = Options())
        throws(JournalError) -> Journal
    {
        try Journal(directory, options: options, environment: .system())
    }

    package init(_ directory: String, options: Options, environment: Environment)
        throws(JournalError)
    {
        let layout = Layout(directory: directory)
        try environment.fileSystem.makeDirectory(directory)
        guard let lock = try environment.fileSystem.lock(layout.lock) else {
            throw JournalError(
                .locked, "another tapedeck writes to this journal; stop it first",
                path: directory)
        }
        let opening = try Opening(environment: environment, layout: layout)
            .openForWriting(options.durability)
        clock = IngestClock(now: environment.now)
        self.lock = Locked(lock)
        durability = options.durability
        upstreamsDirectory = layout.upstreams
        recovery = opening.report
        reader = LogReader(state: Locked(opening.state))
        queue = WorkQueue(weightMax: options.queuedBytesMax)
        committer = Committer(
            environment: environment, layout: layout, options: options, reader: reader,
            catalog: opening.catalog, queue: queue, observers: observers,
            manifest: opening.manifest,
            mark: opening.mark, predecessor: opening.predecessor)
        removals = RemovalWorker(
            environment: environment, layout: layout, reader: reader, queue: queue)
        committer.start()
        if opening.manifest.manifest.unfinishedRemoval != nil { removals.resume() }
    }

    /// Appends events, in order, and returns once they are durable.
    ///
    /// An event that has been recorded before is not appended again: the receipt names the id that
    /// it has. Either all events are recorded or none, a crash included, if `atomically`.
    ///
    /// - Throws: ``JournalError`` with code `tooLarge`, `overloaded`, `diskFull`, `readOnly`,
    ///   `closed` or `io`; then none of them is recorded if `atomically`.
    public func append(_ drafts: [Draft], atomically: Bool = true) async throws(JournalError)
        -> Receipt
    {
        let result = await withCheckedContinuation { continuation in
            submit(drafts, atomically: atomically) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The same for callers that do not wait: `completion` is called once, on the thread that
    /// writes the journal, where it must not block; or at once where nothing is queued.
    public func submit(
        _ drafts: [Draft], atomically: Bool = true,
        completion: @escaping @Sendable (Result<Receipt, JournalError>) -> Void
    ) {
        var bytes = 0
        var rawBytes = 0
        // Here the data are at hand; on the one thread that writes they would have to be fetched.
        var identities: [Identity?] = []
        identities.reserveCapacity(drafts.count)
        for draft in drafts {
            identities.append(draft.statedRun.map { Identity(draft, run: $0) })
            guard draft.event.data.count <= Journal.eventBytesMax else {
                return completion(
                    .failure(
                        JournalError(
                            .tooLarge,
                            "an event has \(draft.event.data.count) bytes of data; the most is "
                                + "\(Journal.eventBytesMax)")))
            }
            bytes += draft.event.data.count + 256
            rawBytes += RecordEncoder.lengthMax(draft)
        }
        let fits = rawBytes <= Journal.atomicBytesMax && drafts.count <= Journal.atomicEventsMax
        guard !atomically || fits else {
            return completion(
                .failure(
                    JournalError(
                        .tooLarge,
                        "\(drafts.count) events of \(rawBytes) bytes are too many to be recorded "
                            + "atomically")))
        }
        let admission = queue.enqueue(weight: bytes) {
            .append(
                Submission(
                    drafts: drafts, identities: identities, isAtomic: atomically,
                    ingest: clock.read(),
                    completion: completion))
        }
        switch admission {
        case .queued: break
        case .full:
            completion(
                .failure(
                    JournalError(.overloaded, "the disk is behind; try again in a moment")))
        case .closed:
            completion(.failure(.closed))
        }
    }

    /// Begins a new epoch: ids given out so far stay good, and those that a copy of the journal
    /// gives out from here on lead nowhere in this one.
    ///
    /// - Returns: the epoch of ids from now on.
    /// - Throws: ``JournalError`` with code `diskFull`, `readOnly`, `closed` or `io`.
    public func fork() async throws(JournalError) -> Epoch {
        try await perform { committer throws(JournalError) in try committer.fork() }
    }

    private func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Committer) throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        let result = await withCheckedContinuation { continuation in
            perform(body) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The same for callers that do not wait: `completion` is called once, on the thread that
    /// writes the journal, or at once.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Committer) throws(JournalError) -> Value,
        completion: @escaping @Sendable (Result<Value, JournalError>) -> Void
    ) {
        let admission = queue.enqueue(weight: 0) {
            .perform { committer in
                completion(Result { () throws(JournalError) in try body(committer) })
            }
        }
        if admission != .queued { completion(.failure(.closed)) }
    }

    /// Has retention spare a run, or not any more.
    ///
    /// - Throws: ``JournalError`` with code `notFound`, `diskFull`, `readOnly`, `closed` or `io`.
    public func pin(_ run: RunID, _ isPinned: Bool = true) async throws(JournalError) {
        try await perform { committer throws(JournalError) in try committer.pin(run, isPinned) }
    }

    /// Removes every record of a run, and those in `unassigned` that it adopted, so that no
    /// segment, nothing in `quarantine/` and no catalog holds a byte of them.
    ///
    /// A removal that fails half-way, or is interrupted, is finished by the next one or the next
    /// start.
    ///
    /// - Throws: ``JournalError`` with code `notFound`, `diskFull`, `readOnly`, `closed` or `io`.
    public func delete(_ run: RunID) async throws(JournalError) -> RemovalResult {
        let result = await withCheckedContinuation { continuation in
            removals.delete(run) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Removes the oldest records as far as `policy` lets them go.
    ///
    /// - Throws: ``JournalError`` with code `diskFull`, `readOnly`, `closed` or `io`.
    public func prune(_ policy: RetentionPolicy) async throws(JournalError) -> RemovalResult {
        let result = await withCheckedContinuation { continuation in
            removals.prune(policy) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Why records that were to be removed are still there; nil when none are, or it is under way.
    package var removalFailure: JournalError? { removals.failure }

    /// Calls `observer` with each commit once it is published, in order, on the thread that writes
    /// the journal, where it must not block.
    public func observe(_ observer: @escaping @Sendable (Publication) -> Void) {
        observers.withLock { $0.append(observer) }
    }

    /// Why nothing can be written; nil as long as writing works.
    public var readOnlyReason: String? {
        reader.state.withLock { $0.readOnlyReason }
    }

    /// Writes what is queued, seals the segment, and lets the directory go.
    ///
    /// Call it once.
    ///
    /// - Throws: why the journal could not be stopped in order; it is whole all the same.
    public func close() throws(JournalError) {
        queue.close()
        defer { lock.withLock { $0 = nil } }
        defer { removals.stop() }
        try committer.join()
    }
}
