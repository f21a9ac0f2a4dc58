package import Journal
package import Logging

/// Records what one upstream says: live events, after each (re)connect what its history has and
/// the journal lacks, and a `journal_gap` for what nobody has.
package actor Recorder {
    /// A gap is told in runs with an open thread in which something came within this: 24 hours.
    private static let openRunMicroseconds: Int64 = 24 * 3600 * 1_000_000
    private static let retryPause = Duration.milliseconds(250)

    private let journal: Journal
    private let parser: UpstreamParser
    private let healer: RegistryHealer?
    private let metrics: RecorderMetrics
    private let logger: Logger
    private var merge: HistoryMerge
    private var memoryFile: UpstreamMemoryFile
    private var hasLinked = false
    /// Events to be recorded of which nobody knows yet whether they are told again.
    private var unjudged = 0

    /// A recorder for the upstream called `name`.
    ///
    /// - Parameters:
    ///   - name: under which what was heard is remembered across restarts.
    ///   - journal: what is written.
    ///   - filter: which types of events are recorded.
    ///   - healer: adds what the registry alone knows; nil without one.
    ///   - metrics: counts what becomes of events.
    ///   - logger: hears what makes no sense.
    package init(
        upstream name: String, journal: Journal, filter: TypeFilter,
        healer: RegistryHealer? = nil, metrics: RecorderMetrics = .none, logger: Logger
    ) {
        self.journal = journal
        self.healer = healer
        parser = UpstreamParser(filter: filter)
        self.metrics = metrics
        self.logger = logger
        let file = UpstreamMemoryFile(upstream: name, in: journal.upstreamsDirectory)
        memoryFile = file
        merge = HistoryMerge(
            memory: journal.epochs.current.flatMap {
                file.read(epoch: $0, lastIngest: journal.lastIngest ?? .now)
            })
    }

    /// Records a batch of messages, in order, and returns once they are durable.
    ///
    /// A journal that is full or behind is waited for: meanwhile nothing is read from the upstream,
    /// which is better than to lose the link and all that its history does not repeat.
    ///
    /// - Throws: ``JournalError`` when the journal refuses them for good; `CancellationError`.
    ///   Then nothing of the batch counts as heard.
    package func take(_ messages: [UpstreamClient.Message]) async throws {
        var next = merge
        var offered = unjudged
        let recordings = messages.flatMap { take($0, &next, &offered, at: .now) }
        try await append(recordings)
        unjudged = offered - recordings.count { if case .event = $0 { true } else { false } }
        if next.isLive {
            // What was offered and is not recorded by now was known.
            metrics.duplicate(unjudged)
            unjudged = 0
        }
        let isRemembered = next.memory == merge.memory
        merge = next
        if !isRemembered { remember() }
    }

    private func take(
        _ message: UpstreamClient.Message, _ merge: inout HistoryMerge, _ offered: inout Int,
        at now: Timestamp
    ) -> [Recording] {
        switch message {
        case .connected:
            logger.notice("the upstream is connected")
            if hasLinked { metrics.reconnected() }
            hasLinked = true
            if let heardAt = merge.memory?.heardAt { healer?.reconcile(since: heardAt) }
            merge.connected(at: now)
            return []
        case .settled:
            return merge.settled(at: now)
        case .disconnected(let reason):
            logger.warning("the upstream is lost", metadata: ["reason": "\(reason)"])
            merge.disconnected()
            return []
        case .malformed(let problem):
            report(problem)
            return []
        case .tooLarge(let bytes):
            metrics.tooLarge()
            logger.warning(
                "the upstream sent a message that is too large", metadata: ["bytes": "\(bytes)"])
            return merge.tooLarge(at: now)
        case .event(let payload):
            var faults = 0
            let utterance = parser.utterance(payload) { fault in
                faults += 1
                report("\(fault)")
            }
            switch utterance {
            case .event(let event):
                offered += count([event], faults: faults)
                return merge.heard(event, at: now)
            case .history(let events):
                offered += count(events, faults: faults)
                return merge.history(events, at: now, isRecorded: isRecorded)
            case .greeting(buffered: 0): return merge.settled(at: now)
            case .greeting, .other: return []
            }
        }
    }

    /// Counts events that have come, so many of which make no sense, and returns how many of them
    /// are to be journaled unless they were.
    private func count(_ events: [UpstreamEvent], faults: Int) -> Int {
        var (offered, passed) = (0, 0)
        for event in events {
            switch event.content {
            case .recorded: offered += 1
            case .passed: passed += 1
            case .tooLarge: metrics.tooLarge()
            }
        }
        metrics.received(events.count)
        metrics.filtered(passed - faults)
        return offered
    }

    private func report(_ problem: String) {
        metrics.malformed()
        logger.warning("the upstream sent what is no event", metadata: ["problem": "\(problem)"])
    }

    /// Whether the journal holds what this upstream told once; if that cannot be found out, a gap
    /// is told rather than hidden.
    private func isRecorded(_ event: UpstreamEvent) -> Bool {
        guard case .recorded(let draft) = event.content else { return false }
        return (try? journal.isRecorded(draft)) ?? false
    }

    private func append(_ recordings: [Recording]) async throws {
        var drafts: [Draft] = []
        var gaps: [UpstreamGap] = []
        var gapDrafts = 0
        for recording in recordings {
            switch recording {
            case .event(let draft):
                drafts.append(draft)
            case .gap(let gap):
                let told = try tell(gap)
                drafts += told
                gapDrafts += told.count
                gaps.append(gap)
            }
        }
        guard !drafts.isEmpty else { return }
        if let healer { drafts = await healer.heal(drafts) }
        var isTold = false
        while true {
            do throws(JournalError) {
                let receipt = try await journal.append(drafts, atomically: false)
                metrics.recorded(receipt.appended - gapDrafts)
                metrics.duplicate(receipt.duplicates)
                for gap in gaps { metrics.gap(gap.reason) }
                return
            } catch {
                guard error.code == .overloaded || error.code == .diskFull else { throw error }
                if !isTold {
                    logger.error("recording waits for the journal", metadata: ["error": "\(error)"])
                    isTold = true
                }
            }
            try await Task.sleep(for: Recorder.retryPause)
        }
    }

    /// A gap is told in each run that it may concern, and where no run is known.
    private func tell(_ gap: UpstreamGap) throws(JournalError) -> [Draft] {
        logger.warning(
            "events of the upstream are missing",
            metadata: [
                "from": "\(gap.from)", "until": "\(gap.until)", "reason": "\(gap.reason.rawValue)",
            ])
        let since = Timestamp(
            microseconds: Timestamp.now.microseconds - Recorder.openRunMicroseconds)
        var drafts: [Draft] = []
        for run in journal.openRuns(activeSince: since) + [.unassigned] {
            drafts.append(try gap.draft(in: run))
        }
        return drafts
    }

    private func remember() {
        guard let memory = merge.memory, let epoch = journal.epochs.current else { return }
        do throws(JournalError) {
            try memoryFile.write(memory, epoch: epoch)
        } catch {
            logger.warning(
                "what the upstream told cannot be remembered", metadata: ["error": "\(error)"])
        }
    }
}
