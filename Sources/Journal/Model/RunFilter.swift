/// Runs told by their names: those that one of a set of patterns describes.
public struct RunFilter: Hashable, Sendable {
    private let patterns: Set<NamePattern>
    private var hasUnassigned = true

    /// The runs that one of these patterns describes, ``RunID/unassigned`` if one does.
    package init(_ patterns: some Sequence<NamePattern>) {
        self.patterns = Set(patterns)
    }

    /// The same runs but ``RunID/unassigned``.
    package var withoutUnassigned: RunFilter {
        var filter = self
        filter.hasUnassigned = false
        return filter
    }

    /// Whether the run is one of them.
    package func contains(_ run: RunID) -> Bool {
        guard hasUnassigned || run != .unassigned else { return false }
        let name = Array(run.name.utf8)
        return patterns.contains { $0.matches(name) }
    }
}
