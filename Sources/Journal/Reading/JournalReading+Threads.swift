/// What a journal knows of a thread of conversation.
package struct ThreadInfo: Hashable, Sendable {
    /// The run that it belongs to.
    package var run: RunID
    /// Whether its creation is recorded, and it is not merely named by what is.
    package var isCreated: Bool
    /// Whether its end is recorded.
    package var isClosed: Bool
    /// Whether events in `unassigned` still wait for it.
    package var hasOrphans: Bool
}

extension JournalReading {
    /// What is known of a thread; nil when no recorded event tells its run.
    package func thread(_ name: String) -> ThreadInfo? {
        reader.state.withLock { $0.thread(name) }
    }

    /// Whether events in `unassigned` wait for a thread.
    package func hasOrphans(ofThread name: String) -> Bool {
        reader.state.withLock { $0.hasOrphans(ofThread: name) }
    }

    /// Whether there are records of a run.
    package func knows(_ run: RunID) -> Bool {
        reader.state.withLock { $0.lastOffset(of: run) != nil }
    }

    /// The event time of a run's last record; nil when it has none.
    package func lastEventTime(of run: RunID) -> Timestamp? {
        reader.state.withLock { state in
            (state.active?.index.directory.runs[run] ?? state.directory.runs[run])?.lastAt
        }
    }

    /// When the newest record was taken in; nil when there is none.
    package var lastIngest: Timestamp? {
        reader.state.withLock { state in
            let sealed = state.directory.runs.values.map(\.lastIngest)
            let active = state.active?.index.directory.runs.values.map(\.lastIngest) ?? []
            return (sealed + active).max()
        }
    }

    /// The run that a draft would be recorded in now.
    package func run(of draft: Draft) -> RunID {
        if let run = draft.statedRun { return run }
        let thread = draft.event.fields.threadID?.string(in: draft.event.data)
        return thread.flatMap { self.thread($0) }?.run ?? .unassigned
    }

    /// Whether an event is recorded already, so that recording it would add nothing.
    ///
    /// Blocks while it reads from disk.
    ///
    /// - Throws: ``JournalError`` with code `io`.
    package func isRecorded(_ draft: Draft) throws(JournalError) -> Bool {
        let run = run(of: draft)
        return try reader.consistently { () throws(JournalError) in
            try reader.duplicate(of: draft, run: run, Identity(draft, run: run)) != nil
        }
    }

    /// The record of `run` with this type, `message_id` and key; nil when there is none.
    ///
    /// Blocks while it reads from disk.
    ///
    /// - Throws: ``JournalError`` with code `io`.
    package func record(named messageID: String, key: UInt64, type: EventType, in run: RunID)
        throws(JournalError) -> Record?
    {
        try reader.consistently { () throws(JournalError) in
            try reader.record(named: messageID, key: key, type: type, in: run)
        }
    }
}

extension LogState {
    /// What is known of a thread.
    func thread(_ name: String) -> ThreadInfo? {
        guard let run = run(ofThread: name) else { return nil }
        let recent = active?.index.directory
        let created = [
            removals.threads[name], directory.threads[name], recent?.threads[name],
        ].contains { $0?.isCreated == true }
        let closed = [directory.runs[run], recent?.runs[run]].contains { summary in
            summary?.threads[name].map { $0 != .open } ?? false
        }
        return ThreadInfo(
            run: run, isCreated: created, isClosed: closed,
            hasOrphans: hasOrphans(ofThread: name))
    }
}

extension Draft {
    /// The run that the draft or its data names; nil when only its thread can tell.
    package var statedRun: RunID? {
        if let run { return run }
        guard event.fields.hasRunID else { return nil }
        return event.fields.runID.flatMap { RunID($0.string(in: event.data)) } ?? .unassigned
    }
}
