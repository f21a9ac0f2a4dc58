import Journal
import Logging

extension RegistryHealer {
    /// So many rows are asked for or taken in at once.
    private static let rowsMax = 256
    /// So many pages of a pass are gathered at once.
    private static let pagesMax = 16
    /// Between two pieces of work: with ``rowsMax``, about 2,500 rows a second.
    private static let workPause = Duration.milliseconds(100)
    private static let idlePause = Duration.milliseconds(250)
    /// After the registry or the journal failed.
    private static let failurePause = Duration.seconds(1)
    private static let damagesToldMax = 20

    /// Adds what the registry did not have in time, and makes the passes that are asked for, until
    /// the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            let hasWorked = await tick()
            let pause = hasWorked ? RegistryHealer.workPause : RegistryHealer.idlePause
            guard (try? await clock.pause(pause)) != nil else { break }
        }
        reader.rest()
    }

    /// Does one piece of work; false when there is none.
    func tick() async -> Bool {
        let now = clock.now()
        let wall = clock.wall()
        let work = state.withLock { state in
            if let since = state.pending.takeForgotten() {
                // Its rows may be on their way, and are stamped by then.
                let until = Timestamp(
                    microseconds: wall.microseconds + RegistryHealer.marginMicroseconds)
                state.schedule.add(
                    ScanRequest(
                        since: since, until: until, coversKnownRuns: false,
                        due: now + RegistryHealer.settlePause))
            }
            return state.nextWork(at: now, limit: RegistryHealer.rowsMax)
        }
        switch work {
        case nil:
            return false
        case .rest:
            reader.rest()
            return false
        case .probe:
            await probe()
        case .settle(let entries):
            await settle(entries)
        case .begin(let request):
            begin(request)
        case .scan(let running):
            await advance(running)
        }
        state.withLock { $0.lastUse = clock.now() }
        return true
    }

    private func probe() async {
        do throws(RegistryError) {
            try await reader.read { rows in _ = (try rows.lastMessage(), try rows.lastThread()) }
            note(nil)
        } catch {
            failed(error)
        }
    }

    // MARK: What was missing

    private func settle(_ entries: [PendingHealing.Entry]) async {
        do {
            let answers = try await answers(to: entries)
            note(nil)
            try await take(answers, for: entries)
        } catch let error as RegistryError {
            state.withLock { $0.pending.putBack(entries) }
            failed(error)
        } catch {
            state.withLock { $0.pending.putBack(entries) }
            journalFailed(error)
        }
    }

    /// What the registry has of what is asked for.
    private func answers(to entries: [PendingHealing.Entry]) async throws(RegistryError)
        -> HealingAnswers
    {
        let needs = entries.map(\.need)
        var answers = try await reader.read { rows in try HealingAnswers(needs, rows) }
        while let search = answers.search {
            answers = try await reader.read { [answers] rows in
                try answers.searching(search, rows)
            }
        }
        return answers
    }

    private func take(_ answers: HealingAnswers, for entries: [PendingHealing.Entry]) async throws {
        // Threads come first: what waits for them moves into their runs.
        let facts = answers.facts.filter { filter.matches($0.event.type.name) }
        if !facts.isEmpty { _ = try await intake.record(facts) }
        if let since = answers.foundSince { reconcile(since: since) }
        let decision = await decisions.run { [journal] in
            Result { try HealingDecision(entries, answers, journal) }
        }
        let (amendments, unanswered) = try decision.map { ($0.amendments, $0.unanswered) }.get()
        if !amendments.isEmpty {
            _ = try await journal.append(amendments, atomically: false)
        }
        let now = clock.now()
        state.withLock { $0.pending.postpone(unanswered, at: now) }
    }

    // MARK: Passes

    private func begin(_ request: ScanRequest) {
        var wanted = RegistryScan.Wanted()
        wanted.since = request.since ?? Timestamp(microseconds: .max)
        wanted.until = request.until
        wanted.isThreadNew = { [journal] in journal.thread($0)?.isCreated != true }
        if request.coversKnownRuns {
            wanted.isConcerned = { [journal] run, thread in
                (journal.knows(run) && !journal.hasRemoved(run))
                    || journal.hasOrphans(ofThread: thread)
            }
        }
        let scan = RegistryScan(wanted)
        state.withLock { $0.scan = HealerState.RunningScan(scan: scan) }
    }

    private func advance(_ running: HealerState.RunningScan) async {
        do {
            var next = running
            if running.scan.isGathered, running.scan.rowsLeft > 0 {
                let (scan, facts) = try await reader.read { [scan = running.scan] rows in
                    var scan = scan
                    let facts = try scan.facts(rows)
                    return (scan, facts)
                }
                next.scan = scan
                next.fetched += try await record(facts)
            } else {
                next.scan = try await gather(running.scan)
            }
            note(nil)
            if next.scan.isOver { finish(next) }
            let left = next.scan.isOver ? nil : next
            state.withLock { $0.scan = left }
        } catch let error as RegistryError {
            failed(error)
        } catch {
            journalFailed(error)
        }
    }

    private func gather(_ scan: RegistryScan) async throws(RegistryError) -> RegistryScan {
        var scan = scan
        for _ in 0..<RegistryHealer.pagesMax {
            let (next, goesOn) = try await reader.read { [scan] rows in
                var next = scan
                let goesOn = try next.gather(rows)
                return (next, goesOn)
            }
            scan = next
            if !goesOn { break }
        }
        return scan
    }

    private func record(_ facts: [Result<Draft, RowDamage>]) async throws(JournalError) -> Int {
        var drafts: [Draft] = []
        for fact in facts {
            switch fact {
            case .success(let draft):
                if filter.matches(draft.event.type.name) { drafts.append(draft) }
            case .failure(let damage):
                tell(damage)
            }
        }
        return drafts.isEmpty ? 0 : try await intake.record(drafts).appended
    }

    private func finish(_ running: HealerState.RunningScan) {
        intake.forget()
        guard running.fetched > 0 else { return }
        logger.notice(
            "what was missing was fetched from the registry",
            metadata: ["events": "\(running.fetched)"])
    }

    // MARK: What goes wrong

    private func failed(_ error: RegistryError) {
        note(error)
        rest()
    }

    private func journalFailed(_ error: any Error) {
        logger.error(
            "what the registry has cannot be recorded yet", metadata: ["error": "\(error)"])
        rest()
    }

    private func rest() {
        let until = clock.now() + RegistryHealer.failurePause
        state.withLock { $0.restsUntil = until }
    }

    private func tell(_ damage: RowDamage) {
        let isTold = state.withLock { state in
            state.damagesTold += 1
            return state.damagesTold <= RegistryHealer.damagesToldMax
        }
        guard isTold else { return }
        logger.warning("a row of the registry is passed over: \(damage)")
    }
}
