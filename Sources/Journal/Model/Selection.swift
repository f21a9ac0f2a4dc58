/// Which runs a reader reads.
public enum Selection: Hashable, Sendable {
    /// One run.
    case run(RunID)
    /// Several runs.
    case runs(Set<RunID>)
    /// All runs but ``RunID/unassigned``, those that are yet to come included.
    case all
    /// All runs, ``RunID/unassigned`` included.
    case everything
    /// The runs of certain names, those that are yet to come included.
    case matching(RunFilter)

    /// Whether a record of `run` is selected.
    public func contains(_ run: RunID) -> Bool {
        switch self {
        case .run(let selected): selected == run
        case .runs(let selected): selected.contains(run)
        case .all: run != .unassigned
        case .everything: true
        case .matching(let filter): filter.contains(run)
        }
    }

    /// The selected runs by name; nil where they are not named.
    package var named: [RunID]? {
        switch self {
        case .run(let run): [run]
        case .runs(let runs): Array(runs)
        case .all, .everything, .matching: nil
        }
    }
}
