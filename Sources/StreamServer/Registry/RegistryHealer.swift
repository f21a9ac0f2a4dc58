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

    /// Makes a batch of drafts whole, as far as the registry has what is missing within 50 ms;
    /// next to nothing is waited for while it is locked or gone.
    ///
    /// - Returns: what to append: contents that were cut are whole, the creation of a thread that
    ///   the journal does not know stands before the first message in it, and a thread's
    ///   delegation behind its creation. What is recorded already, in other words, is said in
    ///   those, so that the journal knows it again.
    package func heal(_ drafts: [Draft]) async -> [Draft] {
        guard let batch = Healing(drafts, filter: filter) else { return drafts }
        // The journal is not asked against time: without its answer something may be said twice.
        // Where its disk fails, appending tells.
        let asked = await decisions.run { [journal] in
            var batch = batch
            try? batch.ask(journal)
            return batch
        }
        guard !asked.isWhole else { return asked.drafts }
        let healed = await ask(asked)
        leave(healed)
        return healed.drafts
    }

    /// Asks the registry for what a batch lacks, as often as there is time.
    private func ask(_ batch: Healing) async -> Healing {
        var batch = batch
        let began = clock.now()
        let wait = state.withLock { state in
            state.lastUse = began
            return state.patience.wait(at: began)
        }
        let deadline = began + wait
        var isLocked = true
        repeat {
            let limit = wait > .zero ? deadline - clock.now() : RegistryHealer.glanceMax
            let answer = await reader.attempt(within: clock.limit(limit)) { [batch] file in
                RegistryHealer.answer(to: batch, file)
            }
            // A call that hangs is as good as a lock.
            guard let answer else { break }
            batch = answer.batch
            note(answer.problem)
            isLocked = answer.problem == .busy
            if answer.problem != nil, !isLocked { return batch }
            guard !batch.isWhole, wait > .zero, clock.now() + RegistryHealer.pollPause < deadline
            else { break }
        } while (try? await clock.pause(RegistryHealer.pollPause)) != nil
        let now = clock.now()
        state.withLock { state in
            if !isLocked { state.patience.answered() }
            if !batch.isWhole, wait > .zero {
                state.patience.waitedInVain(at: now, isLocked: isLocked)
            }
        }
        return batch
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
        var batch: Healing
        var problem: RegistryError?
    }

    private static func answer(to batch: Healing, _ file: RegistryFile) -> Answer {
        var answer = Answer(batch: batch)
        do throws(RegistryError) {
            try answer.batch.ask(file)
        } catch {
            answer.problem = error
        }
        return answer
    }

    /// Leaves what is still missing to the background.
    private func leave(_ healing: Healing) {
        guard !healing.isWhole || healing.foundSince != nil else { return }
        let now = clock.now()
        let wall = clock.wall()
        let entries = healing.leftovers.map { need, draft in
            PendingHealing.Entry(
                need: need, key: draft.key, run: draft.statedRun, thread: draft.threadName,
                at: wall)
        }
        state.withLock { $0.pending.add(entries, at: now) }
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
