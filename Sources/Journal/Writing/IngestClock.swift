/// Says when events are taken in: the wall clock and the monotonic one in step, so that a group of
/// records can tell both from one anchor.
///
/// The two are read a moment apart and the wall clock is corrected now and then; what is told here
/// follows the monotonic clock until the wall clock is a millisecond away from it.
final class IngestClock: Sendable {
    private static let driftMicrosecondsMax: UInt64 = 1000

    private let now: @Sendable () -> IngestTime
    private let anchor: Locked<GroupAnchor>

    /// A clock over the machine's, `now`.
    init(now: @escaping @Sendable () -> IngestTime) {
        self.now = now
        anchor = Locked(GroupAnchor(time: now()))
    }

    /// This moment; never before one that was told earlier, by the monotonic clock.
    func read() -> IngestTime {
        var time = now()
        return anchor.withLock { anchor in
            let expected = anchor.wall(atMonotonic: time.monotonicMicroseconds)
            let (drift, overflow) = time.wall.microseconds.subtractingReportingOverflow(
                expected.microseconds)
            if overflow || drift.magnitude > IngestClock.driftMicrosecondsMax
                || time.boot != anchor.time.boot
            {
                anchor = GroupAnchor(time: time)
            } else {
                time.wall = expected
            }
            return time
        }
    }
}
