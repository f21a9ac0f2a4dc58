import Journal

/// A batch of events on its way into the journal, while it is made whole.
///
/// Asks the journal once, first, since what it has already needs nothing, and then the registry as often
/// as there is time. Both block.
struct Healing: Sendable {
    /// An event, and what is to be recorded with it.
    struct Item: Sendable {
        var before: [Draft] = []
        var draft: Draft
        var behind: [Draft] = []
        var needs: Set<HealingNeed> = []
    }

    var items: [Item]
    /// Threads whose run earlier events of the batch make known.
    private var threads: [String: RunID] = [:]
    private(set) var messageIDs: Set<String> = []
    /// Threads whose creation is in the batch, wherever it stands.
    private var createdHere: Set<String> = []
    /// When the earliest of the threads began that were not known.
    var foundSince: Timestamp?

    let filter: TypeFilter

    /// A batch, to which only types are added that `filter` lets through; nil when there is
    /// nothing in it that a registry could know better.
    init?(_ drafts: [Draft], filter: TypeFilter = .agentChat) {
        let isOfConcern = drafts.contains { $0.event.type == .messageSent || $0.threadName != nil }
        guard isOfConcern else { return nil }
        self.filter = filter
        items = drafts.map { Item(draft: $0) }
        for draft in drafts where draft.event.type == .threadCreated {
            if let thread = draft.threadName { createdHere.insert(thread) }
        }
    }

    /// Whether nothing is missing any more.
    var isWhole: Bool { items.allSatisfy(\.needs.isEmpty) }

    /// What is to be recorded, in order.
    var drafts: [Draft] { items.flatMap { $0.before + [$0.draft] + $0.behind } }

    /// What is still missing, with the draft that lacks it.
    var leftovers: [(need: HealingNeed, draft: Draft)] {
        items.flatMap { item in item.needs.map { ($0, item.draft) } }
    }

    // MARK: The journal

    /// Finds out what each event needs.
    ///
    /// - Throws: ``JournalError`` with code `io`; then the batch is as it was.
    mutating func ask(_ journal: Journal) throws(JournalError) {
        var asked = self
        asked.messageIDs = Set(
            items.compactMap { item in
                item.draft.event.fields.messageID?.string(in: item.draft.event.data)
            })
        for place in items.indices {
            switch items[place].draft.event.type {
            case .messageSent: try asked.examineMessage(place, journal)
            case .threadCreated: try asked.examineThread(place, journal)
            case .threadClosed: try asked.examineEnd(place, journal)
            default: asked.examineThreadName(place, journal)
            }
        }
        self = asked
    }

    private mutating func examineMessage(_ place: Int, _ journal: Journal) throws(JournalError) {
        let draft = items[place].draft
        let (event, fields) = (draft.event, draft.event.fields)
        let thread = draft.threadName
        let known = thread.flatMap { threads[$0] ?? journal.thread($0)?.run }
        let run = draft.statedRun ?? known ?? .unassigned
        if let id = fields.messageID?.string(in: event.data) {
            let cut = CutContent(fields, in: event.data)
            if let record = try journal.record(
                named: id, key: RegistryEvents.key, type: .messageSent, in: run),
                Healing.isSame(event, cut, as: record)
            {
                return try recorded(place, as: record)
            }
            if let cut {
                for run in [run, .unassigned] {
                    guard let key = draft.key,
                        let record = try journal.record(
                            named: id, key: key, type: .messageSent, in: run)
                    else { continue }
                    return try recorded(place, as: record)
                }
                items[place].needs.insert(.content(messageID: id, cut: cut))
            }
        }
        examineThreadName(place, journal)
    }

    private mutating func examineThreadName(_ place: Int, _ journal: Journal) {
        let draft = items[place].draft
        guard draft.statedRun == nil, let thread = draft.threadName, threads[thread] == nil,
            !createdHere.contains(thread), journal.thread(thread) == nil
        else { return }
        items[place].needs.insert(.thread(thread))
    }

    /// Whether `record` holds what `event` says, or what it was cut from.
    private static func isSame(_ event: Event, _ cut: CutContent?, as record: Record) -> Bool {
        guard let fields = try? JSONScanner.data(in: record.data).fields else { return false }
        let content = fields.content?.string(in: record.data)
        let said = event.fields.content?.string(in: event.data)
        guard let content, let said else { return content == nil && said == nil }
        return content.utf8.elementsEqual(said.utf8) || cut?.isCut(from: content) == true
    }

    private mutating func examineThread(_ place: Int, _ journal: Journal) throws(JournalError) {
        let draft = items[place].draft
        guard let thread = draft.threadName else { return }
        let info = journal.thread(thread)
        threads[thread] = journal.run(of: draft)
        guard info?.isCreated == true else {
            items[place].needs.insert(.delegation(thread: thread))
            return
        }
        try examineAgain(place, thread, journal)
    }

    private mutating func examineEnd(_ place: Int, _ journal: Journal) throws(JournalError) {
        examineThreadName(place, journal)
        guard let thread = items[place].draft.threadName,
            journal.thread(thread)?.isClosed == true
        else { return }
        try examineAgain(place, thread, journal)
    }

    /// A thread's creation or end that may have been recorded from the registry, in other words.
    private mutating func examineAgain(_ place: Int, _ thread: String, _ journal: Journal)
        throws(JournalError)
    {
        let draft = items[place].draft
        guard try !journal.isRecorded(draft) else { return }
        let run = journal.run(of: draft)
        var cursor = Cursor.start
        while true {
            let page = try journal.read(.run(run), from: cursor, bytesMax: 256 << 10)
            for record in page.records
            where record.key == RegistryEvents.key && record.type == draft.event.type {
                let fields = try? JSONScanner.data(in: record.data).fields
                guard fields?.threadID?.string(in: record.data) == thread else { continue }
                return try recorded(place, as: record)
            }
            if page.isAtEnd { return }
            cursor = page.cursor
        }
    }

    /// The event is recorded already, perhaps in other words: said like this, the journal knows
    /// it again.
    private mutating func recorded(_ place: Int, as record: Record) throws(JournalError) {
        items[place].draft = Draft(
            try Event(type: record.type, data: record.data), run: record.run, key: record.key)
    }
}
