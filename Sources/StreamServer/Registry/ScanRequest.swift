import Journal

/// What a pass over the registry is asked for.
struct ScanRequest: Hashable, Sendable {
    /// What happened since then is looked for, in all runs; nil for nothing.
    var since: Timestamp?
    /// What happened later is left out: it comes by itself.
    var until: Timestamp
    /// Whether, besides, everything is looked for in the runs that the journal knows.
    var coversKnownRuns: Bool
    /// When it is to begin: what is on its way to us then arrives before.
    var due: ContinuousClock.Instant

    /// One request, at `due`, for what both ask for.
    func merged(with other: ScanRequest, due: ContinuousClock.Instant) -> ScanRequest {
        ScanRequest(
            since: [since, other.since].compactMap { $0 }.min(), until: max(until, other.until),
            coversKnownRuns: coversKnownRuns || other.coversKnownRuns, due: due)
    }
}
