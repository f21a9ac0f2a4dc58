import Journal

/// An upstream's clock as far as its events tell: when, by ours, something was said.
///
/// An event that is read late, since this machine was busy, was said earlier; and what was lost after
/// it may have been said from then on. The least time that lay between an event's stamp and its
/// arrival is taken for the distance between the two clocks, time zones included.
struct UpstreamClock: Hashable, Sendable {
    private var distance: Int64?

    /// Notes that an event that the upstream stamped so has arrived live.
    mutating func note(_ stamp: Timestamp?, arrivedAt now: Timestamp) {
        guard let stamp else { return }
        let (distance, overflow) = now.microseconds.subtractingReportingOverflow(
            stamp.microseconds)
        guard !overflow else { return }
        self.distance = min(self.distance ?? distance, distance)
    }

    /// When an event with this stamp was said; `now` where that is not known, and never later.
    func time(of stamp: Timestamp?, at now: Timestamp) -> Timestamp {
        guard let stamp, let distance else { return now }
        let (time, overflow) = stamp.microseconds.addingReportingOverflow(distance)
        return overflow ? now : min(now, Timestamp(microseconds: time))
    }
}
