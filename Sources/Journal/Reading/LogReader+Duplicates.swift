extension LogReader {
    /// The offset of the published record that `draft`, which goes to `run`, repeats; nil when it
    /// is new.
    func duplicate(of draft: Draft, run: RunID, _ identity: Identity) throws(JournalError)
        -> Offset?
    {
        try first(with: identity, in: nil, of: run) { Identity.matches($0, draft, run: run) }
    }

    /// The same for a run of which it is known in which segments, no longer written, it is.
    func duplicate(of draft: Draft, run: RunID, _ identity: Identity, in segments: [SegmentFile])
        throws(JournalError) -> Offset?
    {
        try first(with: identity, in: segments, of: run) { Identity.matches($0, draft, run: run) }
    }

    /// The record of `run` with this type, `message_id` and key; nil when there is none.
    ///
    /// Finds a message whose content was made whole by what it was known by when it came.
    func record(named messageID: String, key: UInt64, type: EventType, in run: RunID)
        throws(JournalError) -> Record?
    {
        let identity = Identity(messageID: messageID, key: key, type: type, run: run)
        let offset = try first(with: identity, in: nil, of: run) { record in
            guard record.run == run, record.type == type, record.key == key,
                let fields = try? JSONScanner.data(in: record.data).fields
            else { return false }
            return fields.messageID?.string(in: record.data) == messageID
        }
        guard let offset else { return nil }
        return try record(at: offset)
    }

    /// The offset of a published record of `run` with one of these identity hashes for which
    /// `matches` holds; `segments` are those that hold records of the run, if that is known.
    private func first(
        with identity: Identity, in segments: [SegmentFile]?, of run: RunID,
        where matches: (Record) -> Bool
    ) throws(JournalError) -> Offset? {
        guard !identity.isEmpty else { return nil }
        let (known, segments) = state.withLock { state in
            (
                state.activeOffsets(with: identity),
                segments ?? state.segments(of: state.directory.runs[run])
            )
        }
        for offset in known {
            if let record = try record(at: offset), matches(record) { return offset }
        }
        for segment in segments.reversed() {
            for hash in identity.hashes {
                if let offset = try find(hash, in: segment, where: matches) { return offset }
            }
        }
        return nil
    }
}

extension LogState {
    /// Which of these the segment that is written may hold; those that are not known yet are.
    ///
    /// All at once, since each is a miss of the cache, and they are waited for together.
    func suspects(among wanted: [Identity?]) -> [Bool] {
        wanted.map { identity in
            guard let identity else { return true }
            var isFound = false
            identity.forEachHash { hash in
                identities.search(hash) { _ in
                    isFound = true
                    return true
                }
            }
            return isFound
        }
    }

    /// Where records with one of these identity hashes may be in the segment that is written.
    fileprivate func activeOffsets(with identity: Identity) -> [Offset] {
        guard let base = active?.header.base.rawValue else { return [] }
        var offsets: [Offset] = []
        identity.forEachHash { hash in
            identities.search(hash) { place in
                offsets.append(Offset(rawValue: base + UInt64(place)))
                return false
            }
        }
        return offsets
    }
}
