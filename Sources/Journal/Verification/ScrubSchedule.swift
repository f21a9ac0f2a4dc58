/// Which sealed segment a scrub takes next, and when: a state machine without clocks.
///
/// A pass takes each segment once, those that are sealed meanwhile included. Between passes only
/// segments are taken that are new.
struct ScrubSchedule: Hashable, Sendable {
    /// What is to be done now.
    enum Turn: Hashable, Sendable {
        /// Check the segment of this base.
        case check(Offset)
        /// Nothing: a pass has just ended.
        case passed
        /// Nothing, until this moment or until there is a new segment.
        case rest(untilMicroseconds: UInt64)
    }

    /// From the beginning of a pass to the beginning of the next, unless it takes longer.
    let intervalMicroseconds: UInt64
    private var checked: Set<Offset> = []
    private var pass: Pass?
    /// Where the next segment is looked for first.
    private var place: Offset

    private struct Pass: Hashable {
        var startMicroseconds: UInt64
        var isOver: Bool
    }

    /// The first pass begins at once, at the first segment from `place` on: were that always the
    /// first of all, the last would never be reached where a process is restarted often.
    init(intervalMicroseconds: UInt64, from place: Offset) {
        self.intervalMicroseconds = intervalMicroseconds
        self.place = place
    }

    /// The turn at a moment of the monotonic clock; `bases` are the sealed segments, ascending.
    mutating func turn(_ bases: [Offset], atMicroseconds now: UInt64) -> Turn {
        if pass.map({ $0.isOver && now >= $0.startMicroseconds + intervalMicroseconds }) ?? true {
            pass = Pass(startMicroseconds: now, isOver: false)
            checked = []
        }
        let open = bases.filter { !checked.contains($0) }
        if let base = open.first(where: { $0 >= place }) ?? open.first {
            checked.insert(base)
            place = base
            return .check(base)
        }
        // Those that are gone are forgotten.
        checked.formIntersection(bases)
        if pass?.isOver == false {
            pass?.isOver = true
            return .passed
        }
        let start = pass?.startMicroseconds ?? now
        return .rest(untilMicroseconds: start + intervalMicroseconds)
    }

    /// Takes a segment again in this pass, since it could not be checked.
    mutating func putBack(_ base: Offset) {
        checked.remove(base)
    }
}
