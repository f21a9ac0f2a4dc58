extension CommitBatch {
    /// The offset of the record that `draft` repeats; nil when it is new.
    func duplicate(of draft: Draft, run: RunID, _ identity: Identity) throws(JournalError)
        -> Offset?
    {
        for hash in identity.hashes {
            if let place = identities[hash], Identity.matches(records[place], draft, run: run) {
                return records[place].offset
            }
        }
        return try reader.duplicate(of: draft, run: run, identity)
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
