import Journal

/// Puts what an upstream says on one link after another into one order, and finds what is missing.
///
/// A pure state machine: what is heard goes in, and what is to be journaled comes out. After each
/// connect the service repeats up to ``historyMax`` events of all types; if one of them was heard
/// before, or is in the journal, everything since is in the history, and nothing is missing.
/// Events that come before the history wait for it.
struct HistoryMerge: Sendable {
    /// How many events a service repeats.
    static let historyMax = 100
    /// No more events, and no more bytes, wait for a history that does not come.
    static let heldEventsMax = 4096
    static let heldBytesMax = 16 << 20

    private enum State: Sendable {
        /// There is no link. What the last link told without its history is kept for the next.
        /// → undecided
        case away(Held)
        /// The link is up, and its history may come. → live, away
        case undecided(since: Timestamp, Held)
        /// What comes is new, but for the history's own events, which may follow once more where
        /// they were told while it was made. → away
        case live(expected: [UInt64: Int])
    }

    /// What a link told without its history.
    private struct Link: Sendable {
        /// When its events were said, from the first to the last.
        var times: ClosedRange<Timestamp>
        var events: [UpstreamEvent]
    }

    /// Events that wait for a history, in order.
    private struct Held: Sendable {
        /// The links before this one.
        private(set) var earlier: [Link] = []
        private(set) var current: [UpstreamEvent] = []
        private var times: ClosedRange<Timestamp>?
        private var count = 0
        private var bytes = 0

        var isFull: Bool { count >= heldEventsMax || bytes >= heldBytesMax }

        /// Adds an event that was said at `time`.
        mutating func append(_ event: UpstreamEvent, saidAt time: Timestamp) {
            current.append(event)
            let first = times?.lowerBound ?? time
            times = first...max(first, time)
            count += 1
            bytes += event.bytes
        }

        /// The link is lost.
        mutating func endLink() {
            if let times { earlier.append(Link(times: times, events: current)) }
            current = []
            times = nil
        }
    }

    /// What was heard so far; nil before the first link.
    private(set) var memory: UpstreamMemory?
    /// Whether no link was judged since the program began.
    private var isFirstLink = true
    private var state = State.away(Held())
    private var clock = UpstreamClock()

    /// A recorder that begins with what it remembers; nil if it has never been linked.
    init(memory: UpstreamMemory?) {
        self.memory = memory
    }

    /// Whether the link is up and its history may still come.
    var isUndecided: Bool {
        if case .undecided = state { true } else { false }
    }

    /// Whether the link is up and nothing waits.
    var isLive: Bool {
        if case .live = state { true } else { false }
    }

    /// A link is up.
    mutating func connected(at now: Timestamp) {
        guard case .away(let held) = state else { return }
        state = .undecided(since: now, held)
    }

    /// The link is lost.
    mutating func disconnected() {
        switch state {
        case .away:
            break
        case .undecided(_, var held):
            held.endLink()
            state = .away(held)
        case .live:
            state = .away(Held())
        }
    }

    /// An event has come live.
    mutating func heard(_ event: UpstreamEvent, at now: Timestamp) -> [Recording] {
        clock.note(event.stamp, arrivedAt: now)
        switch state {
        case .away:
            return []
        case .undecided(let since, var held):
            // So that the arrays have one owner, and are not copied.
            state = .away(Held())
            held.append(event, saidAt: clock.time(of: event.stamp, at: now))
            state = .undecided(since: since, held)
            return held.isFull ? settled(at: now) : []
        case .live(var expected):
            defer { state = .live(expected: expected) }
            return take(event, &expected, at: now)
        }
    }

    /// The history has come, oldest event first; it is empty where the service says that it has none.
    ///
    /// `isRecorded` tells whether the journal holds what this upstream told; it is asked only where
    /// no event is remembered.
    mutating func history(
        _ events: [UpstreamEvent], at now: Timestamp, isRecorded: (UpstreamEvent) -> Bool
    ) -> [Recording] {
        switch state {
        case .away:
            return []
        case .live(var expected):
            // The service was asked once more, or was late: nothing is lost on a link that holds.
            defer { state = .live(expected: expected) }
            return merge(events, &expected, at: now)
        case .undecided(let since, let held):
            let isBridged = bridges(events) || events.contains(where: isRecorded)
            let reason = reason(events.count)
            // Before each link something may be missing, and before the history.
            let ends = held.earlier.map(\.times.lowerBound) + [now]
            var recordings: [Recording] = []
            func tell(from: Timestamp, before place: Int) {
                guard !isBridged else { return }
                let until = min(ends[place], now)
                let gap = UpstreamGap(from: min(from, until), until: until, reason: reason)
                recordings.append(.gap(gap))
            }
            tell(from: memory?.heardAt ?? now, before: 0)
            memory = memory ?? UpstreamMemory(heardAt: now)
            let repeated = Set(events.map(\.key))
            for (place, link) in held.earlier.enumerated() {
                // Where the history begins within a link, it has all that came after.
                let before = link.events.prefix { !repeated.contains($0.key) }
                for event in before { recordings += remember(event, at: now) }
                guard before.count == link.events.count else { break }
                tell(from: link.times.upperBound, before: place + 1)
            }
            var expected: [UInt64: Int] = [:]
            recordings += merge(events, &expected, at: now)
            for event in held.current { recordings += take(event, &expected, at: now) }
            decided(expected, since: since, at: now)
            return recordings
        }
    }

    /// The link has held for so long that no history comes any more.
    mutating func settled(at now: Timestamp) -> [Recording] {
        guard isUndecided else { return [] }
        return history([], at: now) { _ in false }
    }

    /// A message was too large to be read; before the history has come it may be the history.
    mutating func tooLarge(at now: Timestamp) -> [Recording] {
        switch state {
        case .away:
            return []
        case .undecided(let since, let held):
            var recordings = [missing(since: memory?.heardAt ?? since, now)]
            memory = memory ?? UpstreamMemory(heardAt: now)
            for link in held.earlier {
                for event in link.events { recordings += remember(event, at: now) }
                recordings.append(missing(since: link.times.upperBound, now))
            }
            for event in held.current { recordings += remember(event, at: now) }
            decided([:], since: since, at: now)
            return recordings
        case .live:
            defer { memory?.heardAt = now }
            return [missing(since: memory?.heardAt ?? now, now)]
        }
    }
}

// MARK: - Steps

extension HistoryMerge {
    /// Whether nothing is missing between what was heard before and a history.
    private func bridges(_ events: [UpstreamEvent]) -> Bool {
        guard let memory else { return true }
        return (memory.isBlank && events.count < HistoryMerge.historyMax)
            || events.contains { memory.count(of: $0.key) > 0 }
    }

    private func reason(_ count: Int) -> UpstreamGap.Reason {
        if isFirstLink { return .recorderOutage }
        // A history that is not full holds all that was said since the service began.
        return count < HistoryMerge.historyMax ? .upstreamRestart : .upstreamOutage
    }

    /// Whatever was said before the link was up is in the history, or known to be missing.
    private mutating func decided(
        _ expected: [UInt64: Int], since: Timestamp, at now: Timestamp
    ) {
        if let heardAt = memory?.heardAt { memory?.heardAt = min(max(heardAt, since), now) }
        isFirstLink = false
        state = .live(expected: expected)
    }

    /// Takes from a history what is not remembered, and expects that it may come live as well.
    private mutating func merge(
        _ events: [UpstreamEvent], _ expected: inout [UInt64: Int], at now: Timestamp
    ) -> [Recording] {
        var recordings: [Recording] = []
        var seen: [UInt64: Int] = [:]
        let remembered = memory
        for event in events {
            seen[event.key, default: 0] += 1
            guard seen[event.key, default: 0] > remembered?.count(of: event.key) ?? 0
            else { continue }
            expected[event.key, default: 0] += 1
            recordings += remember(event, at: now)
        }
        return recordings
    }

    /// Takes what came live, unless the history had it.
    private mutating func take(
        _ event: UpstreamEvent, _ expected: inout [UInt64: Int], at now: Timestamp
    ) -> [Recording] {
        if let left = expected[event.key] {
            expected[event.key] = left > 1 ? left - 1 : nil
            return []
        }
        return remember(event, at: now)
    }

    private mutating func remember(_ event: UpstreamEvent, at now: Timestamp) -> [Recording] {
        defer {
            memory?.append(event.key)
            memory?.heardAt = clock.time(of: event.stamp, at: now)
        }
        switch event.content {
        case .recorded(let draft): return [.event(draft)]
        case .passed: return []
        case .tooLarge: return [missing(since: memory?.heardAt ?? now, now)]
        }
    }

    private func missing(since from: Timestamp, _ now: Timestamp) -> Recording {
        .gap(UpstreamGap(from: min(from, now), until: now, reason: .tooLarge))
    }
}
