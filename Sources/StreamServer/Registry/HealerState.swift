/// What a healer keeps in mind.
struct HealerState: Sendable {
    var patience = Patience()
    var pending = PendingHealing()
    var schedule = ScanSchedule()
    var standing = RegistryStanding()
    /// The pass that is under way.
    var scan: RunningScan?
    /// Until then the background leaves the registry alone.
    var restsUntil: ContinuousClock.Instant?
    /// When the registry was used last.
    var lastUse: ContinuousClock.Instant?
    /// How many damaged rows were told.
    var damagesTold = 0

    /// A pass that is under way.
    struct RunningScan: Sendable {
        var scan: RegistryScan
        /// How many events were recorded.
        var fetched = 0
    }

    /// What the background is to do next.
    enum Work: Sendable {
        /// Find out whether the registry can be read.
        case probe
        /// Ask for what is missing.
        case settle([PendingHealing.Entry])
        /// Go on with the pass.
        case scan(RunningScan)
        /// Begin a pass.
        case begin(ScanRequest)
        /// Let the file go.
        case rest
    }

    /// So long the file is kept open when nobody uses it.
    private static let idleMax = Duration.seconds(1)

    /// What to do at `now`, `limit` things at most; nil when there is nothing.
    mutating func nextWork(at now: ContinuousClock.Instant, limit: Int) -> Work? {
        if let restsUntil, now < restsUntil { return nil }
        guard standing.isKnown else { return .probe }
        let due = pending.takeDue(at: now, limit: limit)
        if !due.isEmpty { return .settle(due) }
        if let scan { return .scan(scan) }
        if let request = schedule.takeDue(at: now) { return .begin(request) }
        if let lastUse, now - lastUse > HealerState.idleMax {
            self.lastUse = nil
            return .rest
        }
        return nil
    }
}
