package import Journal

/// Plays records at their times: a state machine that does no I/O and knows no clock of its own.
///
/// Its driver, be it a loop with `await` or an event loop with timers, reads pages and offers
/// them, asks ``next(now:)`` what to do, and does that. `now` is a monotonic clock's nanoseconds.
/// Records go out in order; those that are late go out at once, and none is dropped. A gap is due
/// with the record after it.
///
/// The driver bounds the read-ahead: it offers a page when asked to, or while few are queued.
package struct Player: Sendable {
    /// Whether time goes on.
    package enum State: Hashable, Sendable {
        /// Goes to `paused` by ``pause(now:)``, to `ended` when all is out and nothing follows.
        case playing
        /// Since that moment. Goes to `playing` by ``resume(now:)``.
        case paused(since: UInt64)
        /// Goes to `playing` by ``restart(_:)``.
        case ended
    }

    /// What the driver is to do.
    package enum Action: Sendable {
        /// Send these, the due part of one page, and ask again.
        case emit([ReadPage.Item])
        /// Ask again then, or after any other input.
        case wait(until: UInt64)
        /// Offer the next page, or close.
        case needRecords
        /// Nothing, until something is asked of the player.
        case paused
        /// Nothing more: all is out.
        case finished
    }

    /// Whether time goes on.
    package private(set) var state = State.playing
    /// What has been played so far, over all laps.
    package private(set) var report = PlaybackReport()
    /// Whether nothing more will be taken: the window has ended, or the source has.
    package private(set) var isClosed = false

    private var map: TimeMap
    private var filter: WindowFilter
    private var queue = ItemQueue()
    /// Where the first record in the queue stands, once it has been placed.
    private var headPosition: UInt64?
    /// Where the record stands that went out last.
    private var emittedPosition: UInt64 = 0
    /// Where the lap began.
    private var lapPosition: UInt64 = 0
    private var startedAt: UInt64?
    private var pausedNanoseconds: UInt64 = 0

    /// A player of `plan` whose clock starts when the first record is at hand.
    package init(_ plan: ReplayPlan) {
        map = TimeMap(speed: plan.speed, idleLimit: plan.idleLimit)
        filter = WindowFilter(plan.window)
    }

    /// How fast it plays.
    package var speed: Speed { map.speed }

    /// The offset of the record that is played next; nil when none is queued.
    package var firstOffset: Offset? { queue.headRecord()?.offset }

    /// The pages that wait to be played, the one being played included.
    package var queuedPages: Int { queue.pages }

    /// What the clock shows at `now`, in microseconds of original time from the first record.
    ///
    /// Pauses between records are cut to the idle limit. The clock never shows more than the next
    /// record's time, however late that is.
    package func position(at now: UInt64) -> UInt64 {
        let shown: UInt64
        switch state {
        case .playing: shown = map.position(at: now)
        case .paused(let since): shown = map.position(at: since)
        case .ended: return emittedPosition
        }
        guard map.speed != .max else { return emittedPosition }
        return max(emittedPosition, min(shown, headPosition ?? .max))
    }

    // MARK: Records

    /// Takes the next page of the selected records; what lies outside the window is passed over.
    package mutating func offer(_ page: ReadPage) {
        queue.append(filter.admit(page.items))
        queue.append(filter.pass(page.cursor))
        isClosed = filter.isEnded
    }

    /// Learns that the source has no more.
    package mutating func close() {
        queue.append(filter.end())
        isClosed = true
    }

    /// Begins anew with the window's records, for another lap; to be called once all is out.
    ///
    /// The clock goes on: the first record is due when the last one of the lap before was, so that
    /// laps do not drift either. A lap that took no time is followed by a second's pause, lest a
    /// loop of it flood the sink, except at `max`.
    ///
    /// - Precondition: The state is `ended`.
    package mutating func restart(_ window: ReplayWindow) {
        precondition(state == .ended, "a lap begins when the one before has ended")
        map.forget()
        if emittedPosition == lapPosition, let second = map.speed.millionths {
            map.skip(microseconds: second)
        }
        lapPosition = map.position
        filter = WindowFilter(window)
        isClosed = false
        state = .playing
    }

    /// Starts the clock at a record that has been seen: the one after it is due when the original
    /// pause between them is over.
    ///
    /// Call it before the first page is offered.
    package mutating func resume(after seen: Record, now: UInt64) {
        map.anchor(map.place(seen), at: now)
    }

    // MARK: Time

    /// What to do at `now`.
    package mutating func next(now: UInt64) -> Action {
        switch state {
        case .paused:
            return .paused
        case .ended:
            return .finished
        case .playing:
            guard let head = placeHead() else { return nextWithoutRecord() }
            if !map.isAnchored { map.anchor(head, at: now) }
            let deadline = map.deadline(of: head)
            return deadline <= now
                ? .emit(takeDue(now: now, first: deadline)) : .wait(until: deadline)
        }
    }

    /// Stops the clock.
    package mutating func pause(now: UInt64) {
        switch state {
        case .playing: state = .paused(since: now)
        case .paused, .ended: break
        }
    }

    /// Lets the clock go on from where it stood, or from the next record if that was late.
    package mutating func resume(now: UInt64) {
        switch state {
        case .playing, .ended:
            break
        case .paused(let since):
            state = .playing
            let pause = now > since ? now - since : 0
            if startedAt != nil { pausedNanoseconds += pause }
            guard map.isAnchored else { return }
            if let head = placeHead(), map.deadline(of: head) <= since {
                map.anchor(head, at: now)
            } else {
                map.shift(nanoseconds: pause)
            }
        }
    }

    /// Goes on at another speed, from where the clock stands, or from the next record if that is
    /// late.
    package mutating func change(to speed: Speed, now: UInt64) {
        let moment: UInt64
        switch state {
        case .playing, .ended: moment = now
        case .paused(let since): moment = since
        }
        let wasMax = map.speed == .max
        map.change(to: speed, at: moment)
        guard map.isAnchored else { return }
        if wasMax {
            map.anchor(emittedPosition, at: moment)
        } else if let head = placeHead(), head <= map.position(at: moment) {
            map.anchor(head, at: moment)
        }
    }

    private mutating func nextWithoutRecord() -> Action {
        guard isClosed else { return .needRecords }
        let gaps = queue.takeAll()
        guard gaps.isEmpty else {
            report.gaps += UInt64(gaps.count)
            return .emit(gaps)
        }
        state = .ended
        return .finished
    }

    /// Places the first record in the queue, if there is one.
    private mutating func placeHead() -> UInt64? {
        if headPosition == nil, let record = queue.headRecord() {
            headPosition = map.place(record)
        }
        return headPosition
    }

    /// Takes the records of the first page that are due, of which there is one at least.
    private mutating func takeDue(now: UInt64, first: UInt64) -> [ReadPage.Item] {
        let isMax = map.speed == .max
        var last = first
        var records: UInt64 = 0
        repeat {
            guard let head = headPosition else { break }
            if !isMax {
                let deadline = map.deadline(of: head)
                guard deadline <= now else { break }
                last = deadline
            }
            emittedPosition = head
            records += 1
            headPosition = queue.advance().map { map.place($0) }
        } while headPosition != nil
        let items = queue.takePassed()

        let started = startedAt ?? now
        startedAt = started
        report.records += records
        report.gaps += UInt64(items.count) - records
        report.originalMicroseconds = emittedPosition
        report.playedNanoseconds = max(
            report.playedNanoseconds, now - min(now, started + pausedNanoseconds))
        report.lagLastNanoseconds = isMax ? 0 : now - last
        report.lagMaxNanoseconds = max(report.lagMaxNanoseconds, isMax ? 0 : now - first)
        return items
    }
}
