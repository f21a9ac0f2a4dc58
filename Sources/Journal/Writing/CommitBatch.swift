/// The records of one commit while they are assigned: run, seq and offset, or the offset of the
/// record that each duplicates.
///
/// What is assigned here shows nowhere until the commit is published; a batch that fails is
/// dropped whole.
struct CommitBatch {
    private let reader: LogReader
    private(set) var records: [Record] = []
    private(set) var fields: [EventFields] = []
    /// Runs of records that stay within one block.
    private(set) var units: [Range<Int>] = []
    private(set) var next: Offset
    private var seqs: [RunID: RunSequence] = [:]
    private var threads: [String: RunID] = [:]
    private var orphans: [String: [Int]] = [:]
    private var adopted: Set<Offset> = []
    /// The place of the record with an identity hash.
    private(set) var identities: [UInt64: Int] = [:]

    /// What became of one submission: the offset of each draft, and how many were new.
    struct Assignment {
        var offsets: [Offset] = []
        var appended = 0
        var duplicates = 0
    }

    /// An empty batch whose first record gets the offset `next`.
    init(reader: LogReader, next: Offset) {
        self.reader = reader
        self.next = next
    }

    /// Assigns the drafts of a submission, in order.
    ///
    /// - Throws: code `io` when a possible duplicate cannot be compared.
    mutating func assign(_ submission: Submission) throws(JournalError) -> Assignment {
        var assignment = Assignment()
        let start = records.count
        for draft in submission.drafts {
            let unitStart = records.count
            let run = run(of: draft)
            let identity = Identity(
                run: run, type: draft.event.type, data: draft.event.data,
                hasMessageID: draft.event.fields.messageID != nil, origin: draft.origin,
                key: draft.key)
            if let known = try duplicate(of: draft, run: run, identity) {
                assignment.offsets.append(known)
                assignment.duplicates += 1
                continue
            }
            assignment.offsets.append(next)
            assignment.appended += 1
            append(draft, run: run, identity, ingest: submission.ingest)
            if run != .unassigned { try adoptOrphans(of: draft, into: run, submission.ingest) }
            if !submission.isAtomic { units.append(unitStart..<records.count) }
        }
        if submission.isAtomic, start < records.count { units.append(start..<records.count) }
        return assignment
    }

    private func run(of draft: Draft) -> RunID {
        if let run = draft.run { return run }
        let event = draft.event
        if event.fields.hasRunID {
            return event.fields.runID.flatMap { RunID($0.string(in: event.data)) } ?? .unassigned
        }
        guard let thread = event.fields.threadID?.string(in: event.data) else {
            return .unassigned
        }
        return threads[thread] ?? reader.state.withLock { $0.run(ofThread: thread) }
            ?? .unassigned
    }

    private mutating func append(
        _ draft: Draft, run: RunID, _ identity: Identity, ingest: IngestTime
    ) {
        let event = draft.event
        let last = seqs[run] ?? reader.state.withLock { $0.lastSeq(of: run) }
        seqs[run] = last.next
        var shape: Record.DataShape = []
        if event.fields.hasRunID { shape.insert(.hasRunID) }
        if event.fields.hasCreatedAt { shape.insert(.hasCreatedAt) }
        for hash in identity.hashes { identities[hash] = records.count }
        records.append(
            Record(
                offset: next, run: run, seq: last.next, type: event.type, ingest: ingest,
                eventTime: draft.eventTime, origin: draft.origin, key: draft.key, shape: shape,
                data: event.data))
        fields.append(event.fields)
        next = next.next
        guard let thread = event.fields.threadID?.string(in: event.data) else { return }
        if run == .unassigned {
            orphans[thread, default: []].append(records.count - 1)
        } else if event.type == .threadCreated || threads[thread] == nil {
            threads[thread] = run
        }
    }

    /// Copies what was said in a thread before its run was known into the run.
    private mutating func adoptOrphans(
        of draft: Draft, into run: RunID, _ ingest: IngestTime
    ) throws(JournalError) {
        guard let thread = draft.event.fields.threadID?.string(in: draft.event.data) else { return }
        let offsets = reader.state.withLock { $0.orphans(ofThread: thread) }
        var waiting: [Record] = []
        for offset in offsets where !adopted.contains(offset) {
            if let record = try record(at: offset) { waiting.append(record) }
        }
        for place in orphans.removeValue(forKey: thread) ?? [] { waiting.append(records[place]) }
        for record in waiting {
            adopted.insert(record.offset)
            let event = try Event(type: record.type, data: record.data)
            let copy = Draft(
                event, eventTime: record.recordedAt,
                origin: EventID(epoch: nil, offset: record.offset), key: record.key)
            let identity = Identity(
                run: run, type: event.type, data: event.data,
                hasMessageID: event.fields.messageID != nil, origin: copy.origin, key: copy.key)
            if try duplicate(of: copy, run: run, identity) == nil {
                append(copy, run: run, identity, ingest: ingest)
            }
        }
    }

    /// The offset of the record that `draft` repeats; nil when it is new.
    private func duplicate(of draft: Draft, run: RunID, _ identity: Identity)
        throws(JournalError) -> Offset?
    {
        func matches(_ record: Record) -> Bool {
            Identity.matches(
                record, run: run, type: draft.event.type, data: draft.event.data,
                origin: draft.origin, key: draft.key,
                hasMessageID: draft.event.fields.messageID != nil)
        }
        for hash in identity.hashes {
            if let place = identities[hash], matches(records[place]) {
                return records[place].offset
            }
            let known = reader.state.withLock { $0.active?.identities[hash] }
            if let known, let record = try record(at: known), matches(record) { return known }
        }
        guard !identity.hashes.isEmpty else { return nil }
        let segments = reader.state.withLock { state in
            let bases = state.directory.runs[run]?.segments ?? []
            return state.segments.filter { bases.contains($0.base) }
        }
        for segment in segments.reversed() {
            for hash in identity.hashes {
                if let known = try reader.find(hash, in: segment, where: matches) { return known }
            }
        }
        return nil
    }

    private func record(at offset: Offset) throws(JournalError) -> Record? {
        try reader.record(at: offset)
    }
}

extension LogReader {
    /// The record at `offset`, whatever its run; nil when it is gone.
    func record(at offset: Offset) throws(JournalError) -> Record? {
        for selection in [Selection.all, .run(.unassigned)] {
            let page = try read(selection, from: Cursor(next: offset), bytesMax: 1)
            if let record = page.records.first, record.offset == offset { return record }
        }
        return nil
    }

    /// The offset of a record of `segment` with this identity hash for which `matches` holds.
    func find(_ hash: UInt64, in segment: SegmentFile, where matches: (Record) -> Bool)
        throws(JournalError) -> Offset?
    {
        let loaded = try index(of: segment)
        for place in loaded.footer.identities.groups(with: hash) {
            let group = loaded.footer.index.groups[place]
            var found: Offset?
            _ = GroupDecoder.decode(
                try segment.bytes(of: group), at: group.position, in: loaded.header,
                rawLength: group.rawLength, isWanted: { _, _ in true },
                yield: { if found == nil, matches($0) { found = $0.offset } })
            if let found { return found }
        }
        return nil
    }
}
