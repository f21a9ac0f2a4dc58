extension JournalReading {
    /// The runs with an open thread, but for ``RunID/unassigned``, in which something was recorded
    /// at `moment` or later; by name.
    package func openRuns(activeSince moment: Timestamp) -> [RunID] {
        reader.state.withLock { state in
            var runs: [RunID] = []
            var names = Set(state.directory.runs.keys)
            if let active = state.active { names.formUnion(active.index.directory.runs.keys) }
            names.remove(.unassigned)
            for run in names {
                let parts = [
                    state.active?.index.directory.runs[run], state.directory.runs[run],
                ]
                // Most runs are over: only the others' parts are put together.
                guard parts.contains(where: { $0.map { $0.lastIngest >= moment } ?? false }),
                    state.summary(of: run)?.threads.values.contains(.open) == true
                else { continue }
                runs.append(run)
            }
            return runs.sorted()
        }
    }
}

extension Journal {
    /// Whether the event has been recorded under the same ``Draft/key``.
    ///
    /// - Throws: ``JournalError`` with code `io` when a record cannot be compared.
    package func isRecorded(_ draft: Draft) throws(JournalError) -> Bool {
        guard draft.key != nil else { return false }
        var batch = CommitBatch(reader: reader, next: end)
        return try batch.holds(draft)
    }
}
