import Journal

/// What a registry has of what events lacked.
struct HealingAnswers: Sendable {
    /// Delegations are looked for among so many of the newest messages, and so many at once.
    private static let searchRowsMax: Int64 = 65_536
    private static let searchRows: Int64 = 4096

    /// By the bytes of their ids.
    private(set) var messages: [[UInt8]: RegistryMessage] = [:]
    private(set) var threads: [String: RegistryThread] = [:]
    private(set) var delegations: [String: RegistryMessage] = [:]
    /// The threads whose delegation is still looked for.
    private var sought: Set<String> = []
    private var newest: Int64 = 0
    private var searched: Int64 = 0

    /// Asks for everything but delegations.
    init(_ needs: [HealingNeed], _ rows: RegistryRows) throws {
        var ids: [String] = []
        var names: [String] = []
        for need in Set(needs) {
            switch need {
            case .content(let id, _): ids.append(id)
            case .thread(let thread): names.append(thread)
            case .delegation(let thread): sought.insert(thread)
            }
        }
        if !ids.isEmpty {
            for case .success(let message) in try rows.messages(ids) {
                messages[Array(message.id.utf8)] = message
            }
        }
        if !names.isEmpty {
            for case .success(let thread) in try rows.threads(names) { threads[thread.id] = thread }
        }
        if !sought.isEmpty { newest = try rows.lastMessage() }
    }

    /// The rows in which to look next for delegations; nil when there are none.
    var search: ClosedRange<Int64>? {
        let last = newest - searched
        guard !sought.isEmpty, last > 0, searched < HealingAnswers.searchRowsMax else { return nil }
        return max(1, last - HealingAnswers.searchRows + 1)...last
    }

    /// The same, after a look at `range` too.
    func searching(_ range: ClosedRange<Int64>, _ rows: RegistryRows) throws -> HealingAnswers {
        var answers = self
        for case .success(let message) in try rows.delegations(of: Array(sought), in: range)
        where answers.sought.remove(message.thread) != nil {
            answers.delegations[message.thread] = message
        }
        answers.searched += HealingAnswers.searchRows
        return answers
    }

    /// What is told of threads: their creation, and the messages with which they began.
    var facts: [Draft] {
        let created = threads.values.compactMap { try? RegistryEvents.created($0) }
        let sent = delegations.values.compactMap { message in
            try? RegistryEvents.sent(message, run: message.run)
        }
        return created + sent
    }

    /// When the earliest of the threads began that were not known.
    var foundSince: Timestamp? { threads.values.map(\.createdAt.moment).min() }
}
