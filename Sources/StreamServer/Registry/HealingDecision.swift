import Journal

/// What follows from a registry's answers: what to append, and what to ask again.
struct HealingDecision: Sendable {
    /// The amendments of messages that are recorded cut.
    private(set) var amendments: [Draft] = []
    /// What the registry did not have, or the journal not yet.
    private(set) var unanswered: [PendingHealing.Entry] = []

    /// Decides what becomes of each entry.
    ///
    /// Blocks while it reads from disk.
    ///
    /// - Throws: ``JournalError``.
    init(_ entries: [PendingHealing.Entry], _ answers: HealingAnswers, _ journal: Journal)
        throws(JournalError)
    {
        for entry in entries {
            let isAnswered: Bool
            switch entry.need {
            case .thread(let thread):
                isAnswered = answers.threads[thread] != nil
            case .delegation(let thread):
                isAnswered = answers.delegations[thread] != nil
            case .content(let id, let cut):
                isAnswered = try amend(id, cut, entry, answers, journal)
            }
            if !isAnswered { unanswered.append(entry) }
        }
    }

    private mutating func amend(
        _ id: String, _ cut: CutContent, _ entry: PendingHealing.Entry, _ answers: HealingAnswers,
        _ journal: Journal
    ) throws(JournalError) -> Bool {
        guard let message = answers.messages[Array(id.utf8)] else { return false }
        guard cut.isCut(from: message.content) else { return true }
        guard let key = entry.key else { return true }
        let run = entry.run ?? entry.thread.flatMap { journal.thread($0)?.run } ?? .unassigned
        var found: Record?
        for run in [run, .unassigned] where found == nil {
            found = try journal.record(named: id, key: key, type: .messageSent, in: run)
        }
        // It may be on its way to the disk.
        guard let record = found else { return false }
        guard let fields = try? JSONScanner.data(in: record.data).fields,
            CutContent(fields, in: record.data) == cut,
            try journal.record(
                named: id, key: RegistryEvents.key, type: .journalAmend, in: record.run) == nil
        else { return true }
        let amendment = try RegistryEvents.amend(
            id, message.content, in: record.run, at: journal.lastEventTime(of: record.run))
        amendments.append(amendment)
        return true
    }
}
