import Journal

/// Takes what a registry tells into a journal: what the journal lacks is recorded, a message that
/// is recorded cut gets its `journal_amend`, and what is recorded already is left alone.
///
/// Idempotent, and indifferent to where something was recorded from: a message is known by its id
/// in its run, the creation and the end of a thread by the thread's name.
final class RegistryIntake: @unchecked Sendable {
    // SAFETY: `runs`, `order` and `messages` are touched on `queue` alone.
    /// So many messages of runs are kept in mind, unless one run alone has more.
    private static let messagesMax = 1 << 20

    private let journal: Journal
    private let queue = BlockingQueue("tapedeck-registry-intake")
    private var runs: [RunID: RecordedRun] = [:]
    /// The runs, the one that was used last at the end.
    private var order: [RunID] = []
    private var messages = 0

    /// An intake of `journal`.
    init(journal: Journal) {
        self.journal = journal
    }

    /// Records what of `facts` is new, in order, and returns once it is durable.
    ///
    /// - Parameter facts: Drafts as ``RegistryEvents`` makes them.
    /// - Returns: How many were new, and how many known.
    /// - Throws: ``JournalError``; what was recorded before stays, and is known the next time.
    func record(_ facts: [Draft]) async throws(JournalError) -> ImportResult {
        var result = ImportResult()
        result.appended += try await adopt(facts)
        let news = try await queue.run { [self] () -> Result<[Draft], JournalError> in
            do throws(JournalError) {
                defer { trim() }
                return .success(try sift(facts))
            } catch {
                return .failure(error)
            }
        }.get()
        if !news.isEmpty {
            let receipt = try await journal.append(news, atomically: false)
            result.appended += receipt.appended
        }
        result.duplicates = facts.count - result.appended
        return result
    }

    /// Forgets which messages are recorded, to free memory.
    func forget() {
        queue.start { [self] in
            runs = [:]
            order = []
            messages = 0
        }
    }

    /// Records the creation of threads for which events wait in `unassigned`, and returns when
    /// those are in their runs: only then one can tell what is missing there.
    private func adopt(_ facts: [Draft]) async throws(JournalError) -> Int {
        let created = facts.filter { fact in
            guard fact.event.type == .threadCreated, let name = fact.threadName else {
                return false
            }
            return journal.thread(name)?.isCreated != true && journal.hasOrphans(ofThread: name)
        }
        guard !created.isEmpty else { return 0 }
        let receipt = try await journal.append(created, atomically: false)
        // What a commit left to copy is copied before the next one is answered.
        _ = try await journal.append([])
        return receipt.appended
    }

    /// What of `facts` is to be recorded.
    private func sift(_ facts: [Draft]) throws(JournalError) -> [Draft] {
        for run in Set(facts.compactMap { run(of: $0) }) { try catchUp(run) }
        var news: [Draft] = []
        var told: Set<Fact> = []
        for var fact in facts {
            fact.key = RegistryEvents.key
            fact.run = run(of: fact)
            let name = fact.threadName ?? ""
            switch fact.event.type {
            case .threadCreated:
                guard journal.thread(name)?.isCreated != true, told.insert(.created(name)).inserted
                else { continue }
                news.append(fact)
            case .threadClosed:
                guard journal.thread(name)?.isClosed != true, told.insert(.closed(name)).inserted
                else { continue }
                news.append(fact)
            default:
                if let draft = try draft(of: fact, &told) { news.append(draft) }
            }
        }
        return news
    }

    /// What is not to be told twice in one call.
    private enum Fact: Hashable {
        case created(String)
        case closed(String)
        /// By the bytes of its id, since other bytes are another id.
        case said(RunID, id: [UInt8])
    }

    /// The run of a fact: where the registry does not know the thread, the journal may.
    private func run(of fact: Draft) -> RunID {
        if let run = fact.run, run != .unassigned { return run }
        return fact.threadName.flatMap { journal.thread($0)?.run } ?? .unassigned
    }

    /// A message that is missing, or the amendment of one that is recorded cut; nil when it is
    /// known.
    private func draft(of fact: Draft, _ told: inout Set<Fact>) throws(JournalError) -> Draft? {
        let (event, fields) = (fact.event, fact.event.fields)
        let run = run(of: fact)
        guard let id = fields.messageID?.string(in: event.data),
            let content = fields.content?.string(in: event.data),
            told.insert(.said(run, id: Array(id.utf8))).inserted
        else { return nil }
        switch runs[run]?.standing(of: id, content: content) ?? .missing {
        case .missing:
            return fact
        case .known:
            return nil
        case .isCut:
            return try RegistryEvents.amend(
                id, content, in: run, at: journal.lastEventTime(of: run))
        }
    }

    /// Learns what is recorded of a run by now.
    private func catchUp(_ run: RunID) throws(JournalError) {
        var recorded = runs.removeValue(forKey: run) ?? RecordedRun(run)
        messages -= recorded.count
        order.removeAll { $0 == run }
        try recorded.catchUp(journal)
        messages += recorded.count
        order.append(run)
        runs[run] = recorded
    }

    /// Keeps in mind what was used last.
    private func trim() {
        while order.count > 1, messages > RegistryIntake.messagesMax {
            messages -= runs.removeValue(forKey: order.removeFirst())?.count ?? 0
        }
    }
}

extension Draft {
    /// The thread that the event names.
    var threadName: String? { event.fields.threadID?.string(in: event.data) }
}
