/// The records of one commit while they are assigned: run, seq and offset, or the offset of the
/// record that each duplicates.
///
/// What is assigned here shows nowhere until the commit is published; a batch that fails is
/// dropped whole.
struct CommitBatch {
    let reader: LogReader
    private(set) var records: [Record] = []
    private(set) var fields: [EventFields] = []
    /// Runs of records that stay within one block.
    private(set) var units: [Range<Int>] = []
    private(set) var next: Offset
    /// Threads whose run is known now: what was said in them before is to be copied there.
    private(set) var adoptions: [Adoption] = []
    /// The places of records by their identity hashes.
    private(set) var identities = IdentityTable()
    private(set) var runs = BatchRuns()
    private var threads = BatchThreads()
    private var adopted: Set<Offset> = []

    /// What became of one submission: the offset of each draft, and how many were new.
    struct Assignment {
        var offsets: [Offset] = []
        var appended = 0
        var duplicates = 0
    }

    /// A thread whose unassigned records belong to a run.
    struct Adoption {
        /// At most so many records are copied in one commit; the next commit goes on.
        static let recordsMax = 1024
        static let bytesMax = 8 << 20

        var thread: String
        var run: RunID
        var ingest: IngestTime
    }

    /// An empty batch whose first record gets the offset `next`, with room for `capacity` records.
    init(reader: LogReader, next: Offset, capacity: Int = 0) {
        self.reader = reader
        self.next = next
        records.reserveCapacity(capacity)
        fields.reserveCapacity(capacity)
        units.reserveCapacity(capacity)
        identities.reserve(capacity)
    }

    /// Assigns the drafts of a submission, in order.
    ///
    /// - Throws: code `io` when a possible duplicate cannot be compared; then the batch is of no
    ///   more use.
    mutating func assign(_ submission: Submission) throws(JournalError) -> Assignment {
        var assignment = Assignment()
        let start = records.count
        let drafts = submission.drafts.span
        let suspects = reader.state.withLock { $0.suspects(among: submission.identities) }
        for place in drafts.indices {
            let thread = thread(of: drafts, at: place)
            let run = run(of: drafts, at: place, thread: thread)
            let identity: Identity
            if let known = submission.identities[place] {
                identity = known
            } else {
                identity = Identity(drafts[place], run: runs[run].run, seed: runs[run].seed)
            }
            if let known = try duplicate(
                of: drafts, at: place, run: run, identity, isSuspect: suspects[place])
            {
                assignment.offsets.append(known)
                assignment.duplicates += 1
                continue
            }
            assignment.offsets.append(next)
            assignment.appended += 1
            // An origin without an epoch marks the copies that are made here.
            let origin = drafts[place].origin
            append(
                drafts, at: place, run: run, thread: thread, identity,
                origin: origin?.epoch == nil ? nil : origin, ingest: submission.ingest)
            if let thread, threads.hasOrphans(thread), runs[run].run != .unassigned {
                adoptions.append(
                    Adoption(
                        thread: threads[thread].name, run: runs[run].run,
                        ingest: submission.ingest))
            }
            if !submission.isAtomic { units.append(records.count - 1..<records.count) }
        }
        if submission.isAtomic, start < records.count { units.append(start..<records.count) }
        return assignment
    }

    /// The place of the thread that the data of the draft at `place` of `drafts` name, among the
    /// batch's.
    mutating func thread(of drafts: Span<Draft>, at place: Int) -> Int? {
        guard let text = drafts[place].event.fields.threadID else { return nil }
        return threads.place(of: text, in: drafts[place].event.data, reader.state)
    }

    /// The place of the run of that draft, whose thread has the place `thread`, among the batch's.
    mutating func run(of drafts: Span<Draft>, at place: Int, thread: Int?) -> Int {
        if let run = drafts[place].run { return self.place(of: run) }
        let told = drafts[place].statedRun
        return self.place(of: told ?? thread.flatMap { threads.run($0) } ?? .unassigned)
    }

    /// The place of a run among the batch's.
    private mutating func place(of run: RunID) -> Int {
        runs.place(of: run, reader.state)
    }

    private mutating func append(
        _ drafts: Span<Draft>, at place: Int, run: Int, thread: Int?, _ identity: Identity,
        origin: EventID?, ingest: IngestTime
    ) {
        let seq = runs.takeSeq(run)
        let run = runs[run].run
        var shape: Record.DataShape = []
        if drafts[place].event.fields.hasRunID { shape.insert(.hasRunID) }
        if drafts[place].event.fields.hasCreatedAt { shape.insert(.hasCreatedAt) }
        let type = drafts[place].event.type
        identity.forEachHash { identities.insert($0, at: records.count) }
        records.append(
            Record(
                offset: next, run: run, seq: seq, type: type, ingest: ingest,
                eventTime: drafts[place].eventTime, origin: origin, key: drafts[place].key,
                shape: shape, data: drafts[place].event.data))
        fields.append(drafts[place].event.fields)
        next = next.next
        guard let thread else { return }
        if run == .unassigned {
            threads.note(orphan: records.count - 1, thread)
        } else {
            threads.note(
                ThreadHome(run: run, isCreated: type == .threadCreated), thread)
        }
    }
}

extension CommitBatch {
    /// Copies what was said in threads before their run was known into the run, each copy a unit
    /// of its own, up to the limits of ``Adoption``.
    ///
    /// - Returns: what is left for the next commit. A copy that cannot be made for now is left to
    ///   the next event of its thread.
    mutating func adopt(_ adoptions: [Adoption]) -> [Adoption] {
        var copied = 0
        var bytes = 0
        for (number, adoption) in adoptions.enumerated() {
            let thread = threads.place(of: adoption.thread, reader.state)
            let run = place(of: adoption.run)
            for orphan in waiting(thread) {
                guard copied < Adoption.recordsMax, bytes < Adoption.bytesMax else {
                    return Array(adoptions[number...])
                }
                guard let record = try? record(orphan), record.run == .unassigned else { continue }
                guard (try? copy(record, adoption, run: run, thread: thread)) == true
                else { continue }
                adopted.insert(record.offset)
                copied += 1
                bytes += record.data.count
            }
        }
        return []
    }

    private enum Orphan {
        case published(Offset)
        case new(Int)
    }

    private func waiting(_ thread: Int) -> [Orphan] {
        let published = reader.state.withLock { $0.orphans(ofThread: threads[thread].name) }
        let new = threads[thread].orphans
        return published.filter { !adopted.contains($0) }.map { .published($0) }
            + new.filter { !adopted.contains(records[$0].offset) }.map { .new($0) }
    }

    private func record(_ orphan: Orphan) throws(JournalError) -> Record? {
        switch orphan {
        case .published(let offset): try reader.record(at: offset)
        case .new(let place): records[place]
        }
    }

    /// - Returns: false when the run has the same event already.
    private mutating func copy(
        _ record: Record, _ adoption: Adoption, run: Int, thread: Int
    ) throws(JournalError) -> Bool {
        let draft = Draft(
            try Event(type: record.type, data: record.data), eventTime: record.recordedAt,
            origin: EventID(epoch: nil, offset: record.offset), key: record.key)
        let identity = Identity(draft, run: adoption.run)
        let drafts = [draft]
        guard try duplicate(of: drafts.span, at: 0, run: run, identity, isSuspect: true) == nil
        else { return false }
        append(
            drafts.span, at: 0, run: run, thread: thread, identity, origin: draft.origin,
            ingest: adoption.ingest)
        units.append(records.count - 1..<records.count)
        return true
    }
}
