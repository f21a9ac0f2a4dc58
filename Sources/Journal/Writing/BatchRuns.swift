/// What a commit has to know of its runs: looked up once for each, since nobody else writes.
struct BatchRuns {
    /// One run.
    struct Entry {
        let run: RunID
        /// Of the run's name: what identities of its records begin with.
        let seed: UInt64
        /// The last seq so far, those of the commit counted.
        var last: RunSequence
        /// Where the run has records that are no longer written.
        let segments: [SegmentFile]
    }

    private var entries: [Entry] = []
    private var places: [RunID: Int] = [:]
    private var recent: Int?

    subscript(place: Int) -> Entry { entries[place] }

    /// The run's place among these.
    mutating func place(of run: RunID, _ state: Locked<LogState>) -> Int {
        if let recent, entries[recent].run == run { return recent }
        if let known = places[run] {
            recent = known
            return known
        }
        let place = entries.count
        entries.append(
            state.withLock { state in
                Entry(
                    run: run, seed: Identity.seed(of: run), last: state.lastSeq(of: run),
                    segments: state.segments(of: state.directory.runs[run]))
            })
        places[run] = place
        recent = place
        return place
    }

    /// The next seq of the run at `place`.
    mutating func takeSeq(_ place: Int) -> RunSequence {
        entries[place].last = entries[place].last.next
        return entries[place].last
    }
}
