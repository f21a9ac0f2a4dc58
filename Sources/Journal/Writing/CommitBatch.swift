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
    /// The place of the record with an identity hash.
    private(set) var identities: [UInt64: Int] = [:]
    private var seqs: [RunID: RunSequence] = [:]
    private var threads: [String: ThreadHome] = [:]
    private var orphans: [String: [Int]] = [:]
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
        identities.reserveCapacity(capacity)
    }

    /// Assigns the drafts of a submission, in order.
    ///
    /// - Throws: code `io` when a possible duplicate cannot be compared; then the batch is of no
    ///   more use.
    mutating func assign(_ submission: Submission) throws(JournalError) -> Assignment {
        var assignment = Assignment()
        let start = records.count
        for draft in submission.drafts {
            let thread = draft.event.fields.threadID?.string(in: draft.event.data)
            let run = run(of: draft, thread: thread)
            let identity = Identity(draft, run: run)
            if let known = try duplicate(of: draft, run: run, identity) {
                assignment.offsets.append(known)
                assignment.duplicates += 1
                continue
            }
            assignment.offsets.append(next)
            assignment.appended += 1
            // An origin without an epoch marks the copies that are made here.
            append(
                draft, run: run, thread: thread, identity,
                origin: draft.origin?.epoch == nil ? nil : draft.origin,
                ingest: submission.ingest)
            if let thread, run != .unassigned, hasOrphans(thread) {
                adoptions.append(
                    Adoption(thread: thread, run: run, ingest: submission.ingest))
            }
            if !submission.isAtomic { units.append(records.count - 1..<records.count) }
        }
        if submission.isAtomic, start < records.count { units.append(start..<records.count) }
        return assignment
    }

    func run(of draft: Draft, thread: String?) -> RunID {
        if let run = draft.statedRun { return run }
        guard let thread else { return .unassigned }
        let home = threads[thread]
        if let home, home.isCreated { return home.run }
        return reader.state.withLock { $0.run(ofThread: thread) } ?? home?.run ?? .unassigned
    }

    private mutating func append(
        _ draft: Draft, run: RunID, thread: String?, _ identity: Identity, origin: EventID?,
        ingest: IngestTime
    ) {
        let event = draft.event
        let last = seqs[run] ?? reader.state.withLock { $0.lastSeq(of: run) }
        seqs[run] = last.next
        var shape: Record.DataShape = []
        if event.fields.hasRunID { shape.insert(.hasRunID) }
        if event.fields.hasCreatedAt { shape.insert(.hasCreatedAt) }
        identity.forEachHash { identities[$0] = records.count }
        records.append(
            Record(
                offset: next, run: run, seq: last.next, type: event.type, ingest: ingest,
                eventTime: draft.eventTime, origin: origin, key: draft.key, shape: shape,
                data: event.data))
        fields.append(event.fields)
        next = next.next
        guard let thread else { return }
        if run == .unassigned {
            orphans[thread, default: []].append(records.count - 1)
        } else if event.type == .threadCreated || threads[thread] == nil {
            threads[thread] = ThreadHome(run: run, isCreated: event.type == .threadCreated)
        }
    }

    private func hasOrphans(_ thread: String) -> Bool {
        orphans[thread] != nil || reader.state.withLock { $0.hasOrphans(ofThread: thread) }
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
        for (place, adoption) in adoptions.enumerated() {
            for orphan in waiting(adoption.thread) {
                guard copied < Adoption.recordsMax, bytes < Adoption.bytesMax else {
                    return Array(adoptions[place...])
                }
                guard let record = try? record(orphan), record.run == .unassigned else { continue }
                guard (try? copy(record, adoption)) == true else { continue }
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

    private func waiting(_ thread: String) -> [Orphan] {
        let published = reader.state.withLock { $0.orphans(ofThread: thread) }
        let new = orphans[thread] ?? []
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
    private mutating func copy(_ record: Record, _ adoption: Adoption) throws(JournalError) -> Bool
    {
        let draft = Draft(
            try Event(type: record.type, data: record.data), eventTime: record.recordedAt,
            origin: EventID(epoch: nil, offset: record.offset), key: record.key)
        let identity = Identity(draft, run: adoption.run)
        guard try duplicate(of: draft, run: adoption.run, identity) == nil else { return false }
        append(
            draft, run: adoption.run, thread: adoption.thread, identity, origin: draft.origin,
            ingest: adoption.ingest)
        units.append(records.count - 1..<records.count)
        return true
    }
}
