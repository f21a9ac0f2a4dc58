package import Journal

/// The one map from original time to playback time.
///
/// Original time is counted in microseconds from the first record, each pause cut to the idle
/// limit. Playback time is the clock's, in nanoseconds. Between them stands an anchor, a pair of
/// moments that belong together, from which each deadline is divided anew: nothing adds up, so
/// nothing drifts. Every change sets a new anchor.
package struct TimeMap: Sendable {
    /// The latest deadline there is: what an event loop's deadline can hold.
    package static let deadlineMax = UInt64(Int64.max)

    private struct Anchor {
        /// In nanoseconds, so that changes of speed lose next to nothing.
        var original: UInt128
        var playback: UInt64
    }

    /// How fast the clock goes.
    package private(set) var speed: Speed
    /// The longest pause, in original time, between records that are yet to be placed.
    package var idleLimit: PlaybackDuration?
    /// Where the record placed last stands, in microseconds of original time.
    package private(set) var position: UInt64 = 0
    private var previous: Record?
    private var anchor: Anchor?

    /// A map whose clock stands until it is anchored.
    package init(speed: Speed, idleLimit: PlaybackDuration? = nil) {
        self.speed = speed
        self.idleLimit = idleLimit
    }

    /// Whether the clock has begun to run.
    package var isAnchored: Bool { anchor != nil }

    /// Places the next record and returns its position.
    ///
    /// The first one stands at 0, as the one before stands where nothing is known of that.
    package mutating func place(_ record: Record) -> UInt64 {
        if let previous {
            let pause = record.microseconds(since: previous)
            skip(microseconds: idleLimit.map { min(pause, $0.microseconds) } ?? pause)
        }
        previous = record
        return position
    }

    /// Leaves so much original time between the record placed last and the next.
    package mutating func skip(microseconds: UInt64) {
        let (sum, overflow) = position.addingReportingOverflow(microseconds)
        position = overflow ? .max : sum
    }

    /// Forgets the record placed last: the next one stands at the same position.
    package mutating func forget() {
        previous = nil
    }

    /// Makes `position` due at `now`.
    package mutating func anchor(_ position: UInt64, at now: UInt64) {
        anchor = Anchor(original: UInt128(position) * 1000, playback: now)
    }

    /// Changes the speed at `now`: what the clock shows stays, and goes on at the new speed.
    ///
    /// At `max` the clock shows nothing; anchor it anew after a change from there.
    package mutating func change(to speed: Speed, at now: UInt64) {
        if anchor != nil {
            anchor = Anchor(original: originalNanoseconds(at: now), playback: now)
        }
        self.speed = speed
    }

    /// Puts everything off by a pause of the clock, without loss.
    package mutating func shift(nanoseconds: UInt64) {
        guard let old = anchor else { return }
        let playback = UInt128(old.playback) + UInt128(nanoseconds)
        anchor?.playback = UInt64(min(playback, UInt128(TimeMap.deadlineMax)))
    }

    /// When `position` is due, rounded up to a nanosecond; what lies before the anchor is due at
    /// the anchor, and at `max` everything is.
    ///
    /// - Precondition: The map is anchored.
    package func deadline(of position: UInt64) -> UInt64 {
        guard let anchor else { preconditionFailure("a clock that stands has no deadlines") }
        let original = UInt128(position) * 1000
        guard let millionths = speed.millionths, original > anchor.original else {
            return anchor.playback
        }
        let scaled = (original - anchor.original) * UInt128(FixedPoint.one)
        let playback = (scaled + UInt128(millionths) - 1) / UInt128(millionths)
        return UInt64(min(UInt128(anchor.playback) + playback, UInt128(TimeMap.deadlineMax)))
    }

    /// What the clock shows at `now`, in microseconds of original time; 0 before it is anchored,
    /// and the anchor's position at `max`.
    package func position(at now: UInt64) -> UInt64 {
        UInt64(clamping: originalNanoseconds(at: now) / 1000)
    }

    private func originalNanoseconds(at now: UInt64) -> UInt128 {
        guard let anchor else { return 0 }
        guard let millionths = speed.millionths, now > anchor.playback else {
            return anchor.original
        }
        let elapsed = UInt128(now - anchor.playback) * UInt128(millionths)
        return anchor.original + elapsed / UInt128(FixedPoint.one)
    }
}
