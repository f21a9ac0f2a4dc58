extension CommitBatch {
    /// The offset of the record that `draft` repeats; nil when it is new.
    func duplicate(of draft: Draft, run: RunID, _ identity: Identity) throws(JournalError)
        -> Offset?
    {
        guard !identity.isEmpty else { return nil }
        func matches(_ record: Record) -> Bool {
            Identity.matches(record, draft, run: run)
        }
        let hashes = identity.hashes
        for hash in hashes {
            if let place = identities[hash], matches(records[place]) {
                return records[place].offset
            }
        }
        let (known, segments) = reader.state.withLock { state in
            (
                hashes.compactMap { state.active?.identities[$0] },
                state.segments(of: state.directory.runs[run])
            )
        }
        for offset in known {
            if let record = try reader.record(at: offset), matches(record) { return offset }
        }
        for segment in segments.reversed() {
            for hash in hashes {
                if let offset = try reader.find(hash, in: segment, where: matches) {
                    return offset
                }
            }
        }
        return nil
    }

    /// Whether the event that `draft` names by its key has been recorded.
    func holds(_ draft: Draft) throws(JournalError) -> Bool {
        let thread = draft.event.fields.threadID?.string(in: draft.event.data)
        let run = run(of: draft, thread: thread)
        let identity = Identity(draft, run: run)
        guard let offset = try duplicate(of: draft, run: run, identity),
            let record = try reader.record(at: offset)
        else { return false }
        return record.key == draft.key
    }
}
