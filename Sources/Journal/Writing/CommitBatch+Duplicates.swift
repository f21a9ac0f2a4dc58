extension CommitBatch {
    /// The offset of the record that the draft at `place` of `drafts` repeats, whose run has the
    /// place `run` among the batch's; nil when it is new.
    ///
    /// Where it is not `isSuspect`, the segment that is written does not hold it.
    func duplicate(
        of drafts: Span<Draft>, at place: Int, run: Int, _ identity: Identity, isSuspect: Bool
    ) throws(JournalError) -> Offset? {
        guard !identity.isEmpty else { return nil }
        let segments = runs[run].segments
        let run = runs[run].run
        for other in places(with: identity)
        where Identity.matches(records[other], drafts[place], run: run) {
            return records[other].offset
        }
        if segments.isEmpty, !isSuspect { return nil }
        return try reader.duplicate(of: drafts[place], run: run, identity, in: segments)
    }

    /// The places of records that may be the same event.
    private func places(with identity: Identity) -> [Int] {
        var places: [Int] = []
        identity.forEachHash { hash in
            identities.search(hash) { place in
                places.append(place)
                return false
            }
        }
        return places
    }

    /// Whether the event that `draft` names by its key has been recorded.
    mutating func holds(_ draft: Draft) throws(JournalError) -> Bool {
        let drafts = [draft]
        let thread = thread(of: drafts.span, at: 0)
        let run = run(of: drafts.span, at: 0, thread: thread)
        let identity = Identity(draft, run: runs[run].run, seed: runs[run].seed)
        let known = try duplicate(of: drafts.span, at: 0, run: run, identity, isSuspect: true)
        guard let offset = known,
            let record = try reader.record(at: offset)
        else { return false }
        return record.key == draft.key
    }
}
