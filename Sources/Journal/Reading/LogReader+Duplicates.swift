extension LogReader {
    /// The offset of the published record that `draft`, which goes to `run`, repeats; nil when it
    /// is new.
    func duplicate(of draft: Draft, run: RunID, _ identity: Identity) throws(JournalError)
        -> Offset?
    {
        try first(with: identity.hashes, in: run) { Identity.matches($0, draft, run: run) }
    }

    /// The record of `run` with this type, `message_id` and key; nil when there is none.
    ///
    /// Finds a message whose content was made whole by what it was known by when it came.
    func record(named messageID: String, key: UInt64, type: EventType, in run: RunID)
        throws(JournalError) -> Record?
    {
        let hash = Identity.hash(of: messageID, key: key, type: type, run: run)
        let offset = try first(with: [hash], in: run) { record in
            guard record.run == run, record.type == type, record.key == key,
                let fields = try? JSONScanner.data(in: record.data).fields
            else { return false }
            return fields.messageID?.string(in: record.data) == messageID
        }
        guard let offset else { return nil }
        return try record(at: offset)
    }

    /// The offset of a published record of `run` with one of these identity hashes for which
    /// `matches` holds.
    private func first(
        with hashes: [UInt64], in run: RunID, where matches: (Record) -> Bool
    ) throws(JournalError) -> Offset? {
        guard !hashes.isEmpty else { return nil }
        let (known, segments) = state.withLock { state in
            (
                hashes.compactMap { state.active?.identities[$0] },
                state.segments(of: state.directory.runs[run])
            )
        }
        for offset in known {
            if let record = try record(at: offset), matches(record) { return offset }
        }
        for segment in segments.reversed() {
            for hash in hashes {
                if let offset = try find(hash, in: segment, where: matches) { return offset }
            }
        }
        return nil
    }
}
