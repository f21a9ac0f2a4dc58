package import Journal
package import Logging

/// Adds to what is recorded what only the registry knows: the whole content of messages that came
/// cut, the delegations that are not broadcast, the runs of unknown threads, and what was said
/// while nobody listened.
///
/// The recorder hands each batch to ``heal(_:)`` before it appends it. What the registry does not
/// have by then follows from ``run()``, as records of their own. The registry is another program's
/// live database: it is only read, and whatever is wrong with it, recording goes on.
package final class RegistryHealer: Sendable {
    /// The registry is asked again after this.
    static let pollPause = Duration.milliseconds(4)
    /// How long a look may take that is no wait.
    static let glanceMax = Duration.milliseconds(20)
    /// What happened so long before an outage is looked at too: clocks differ, and rows are
    /// written before and after what is broadcast.
    static let marginMicroseconds: Int64 = 60_000_000
    /// A pass begins so long after it was asked for: an upstream's history comes first.
    static let settlePause = Duration.seconds(5)

    let journal: Journal
    let filter: TypeFilter
    let logger: Logger
    let clock: HealerClock
    let reader: RegistryReader
    let intake: RegistryIntake
    let decisions = BlockingQueue("tapedeck-registry-decisions")
    let state = Locked(HealerState())

    /// A healer by the registry at `path`, for events that `filter` lets through.
    package init(
        path: String, journal: Journal, filter: TypeFilter = .agentChat, logger: Logger,
        clock: HealerClock = .system
    ) {
        self.journal = journal
        self.filter = filter
        self.clock = clock
        reader = RegistryReader(path: path)
        intake = RegistryIntake(journal: journal)
        var logger = logger
        logger[metadataKey: "registry"] = "\(path)"
        self.logger = logger
    }

    /// Makes a batch of drafts whole, as far as that takes no more than 50 ms; next to nothing
    /// while the registry is locked or gone.
    ///
    /// - Returns: what to append: contents that were cut are whole, the creation of a thread that
    ///   the journal does not know stands before the first message in it, and a thread's
    ///   delegation behind its creation. What is recorded already, in other words, is said in
    ///   those, so that the journal knows it again.
    package func heal(_ drafts: [Draft]) async -> [Draft] {
        guard var healing = Healing(drafts, filter: filter) else { return drafts }
        let began = clock.now()
        let wait = state.withLock { state in
            state.lastUse = began
            return state.patience.wait(at: began)
        }
        let deadline = began + wait
        var mayWait = wait > .zero
        repeat {
            let asked = healing
            let limit = wait > .zero ? deadline - clock.now() : RegistryHealer.glanceMax
            let answer = await reader.attempt(within: clock.limit(limit)) { [journal] file in
                RegistryHealer.ask(asked, journal, file)
            }
            guard let answer else {
                // Nobody knows what these lack: a pass finds out.
                reconcile(since: clock.wall())
                return drafts
            }
            healing = answer.healing
            note(answer.problem)
            if answer.problem != nil, answer.problem != .busy { mayWait = false }
            guard !healing.isWhole, mayWait,
                clock.now() + RegistryHealer.pollPause < deadline
            else { break }
        } while (try? await clock.pause(RegistryHealer.pollPause)) != nil
        leave(healing, waited: mayWait)
        return healing.drafts
    }

    /// Asks for a pass over the registry after an outage: what it has and the journal lacks is
    /// fetched, and messages that are recorded cut are amended.
    ///
    /// The pass begins in a moment, so that an upstream's history is recorded first, and leaves out
    /// what happens from now on.
    ///
    /// - Parameter since: When the outage began: what happened from a minute before on is looked
    ///   for, in all runs. nil, at a start: everything, in the runs that the journal knows.
    package func reconcile(since: Timestamp?) {
        let request = ScanRequest(
            since: since.map {
                Timestamp(microseconds: $0.microseconds - RegistryHealer.marginMicroseconds)
            }, until: clock.wall(), coversKnownRuns: since == nil,
            due: clock.now() + RegistryHealer.settlePause)
        state.withLock { $0.schedule.add(request) }
    }

    private struct Answer: Sendable {
        var healing: Healing
        var problem: RegistryError?
    }

    private static func ask(_ asked: Healing, _ journal: Journal, _ file: RegistryFile) -> Answer {
        var healing = asked
        do {
            try healing.ask(journal)
            if !healing.isWhole { try healing.ask(file) }
            return Answer(healing: healing, problem: nil)
        } catch {
            return Answer(healing: healing, problem: error as? RegistryError)
        }
    }

    /// Leaves what is still missing to the background.
    private func leave(_ healing: Healing, waited: Bool) {
        let now = clock.now()
        let wall = clock.wall()
        let entries = healing.leftovers.map { need, draft in
            PendingHealing.Entry(
                need: need, key: draft.key, run: draft.statedRun, thread: draft.threadName,
                at: wall)
        }
        state.withLock { state in
            if waited, !entries.isEmpty { state.patience.waitedInVain(at: now) }
            state.pending.add(entries, at: now)
        }
        if let since = healing.foundSince { reconcile(since: since) }
    }

    /// Says when the registry can no longer be read, and when it can again.
    func note(_ problem: RegistryError?) {
        let change = state.withLock { $0.standing.note(problem, at: clock.now()) }
        switch change {
        case nil:
            break
        case .isReadable:
            logger.notice("the registry can be read")
        case .isNot(let problem):
            logger.warning("the registry cannot be read; it is tried again: \(problem)")
        }
    }
}
