import Journal

/// A way through a registry: everything in it, or what happened in a stretch of time, in order of
/// time within each window of rows, and the newest window first.
///
/// Gathers which rows there are and when they happened, a page a call, and then reads them, a
/// chunk a call, so that no transaction lasts. Rows that come or go meanwhile do no harm.
struct RegistryScan: Sendable {
    private static let pageRows = 512
    private static let threadPageRows = 128
    private static let chunkRows = 256
    private static let chunkBytes = 4 << 20

    /// What is looked for.
    struct Wanted: Sendable {
        /// What happened earlier is left out, unless it is concerned.
        var since: Timestamp?
        /// What happened later is left out.
        var until = Timestamp(microseconds: .max)
        /// Whether a run or a thread is concerned whatever the time; nil when none is.
        var isConcerned: (@Sendable (RunID, String) -> Bool)?
        /// Whether the creation of a thread is to be told before its first message.
        var isThreadNew: @Sendable (String) -> Bool = { _ in false }
        /// Whether metadata that are no JSON object are a damage, and not merely left out.
        var isStrict = false
    }

    private enum Walk: Hashable, Sendable {
        case unbegun
        case upTo(Int64)
        case done

        init(below row: Int64?) {
            self = row.map { $0 > .min ? .upTo($0 - 1) : .done } ?? .done
        }
    }

    private let wanted: Wanted
    private let windowRows: Int
    private var messages = Walk.unbegun
    private var threads = Walk.unbegun
    private var messagesInWindow = 0
    private var threadsInWindow = 0
    private var entries: [RegistryEntry] = []
    private var place = 0
    /// Whether all rows of the window are known.
    private(set) var isGathered = false

    /// A scan in windows of `windowRows` messages and as many threads.
    init(_ wanted: Wanted, windowRows: Int = 65_536) {
        self.wanted = wanted
        self.windowRows = windowRows
    }

    /// How many rows of the window are not read yet.
    var rowsLeft: Int { entries.count - place }

    /// Whether nothing is left to be gathered or read.
    var isOver: Bool { isGathered && rowsLeft == 0 && messages == .done && threads == .done }

    /// Gathers another page of the window, or of the next one; false when it is complete, and its
    /// rows can be read.
    mutating func gather(_ rows: RegistryRows) throws -> Bool {
        if isGathered {
            entries = []
            place = 0
            messagesInWindow = 0
            threadsInWindow = 0
            isGathered = false
        }
        if try gatherMessages(rows) || gatherThreads(rows) { return true }
        entries.sort()
        isGathered = true
        return false
    }

    private mutating func gatherMessages(_ rows: RegistryRows) throws -> Bool {
        guard messagesInWindow < windowRows else { return false }
        let last: Int64
        switch messages {
        case .done: return false
        case .unbegun: last = try rows.lastMessage()
        case .upTo(let row): last = row
        }
        let page = try rows.messageEntries(upTo: last, limit: RegistryScan.pageRows)
        messages = Walk(below: page.last?.row)
        messagesInWindow += page.count
        let new = page.filter(isInTime)
        entries += new
        // Rows stand about in the order in which they were said.
        if wanted.isConcerned == nil, wanted.since != nil, new.isEmpty, !page.isEmpty,
            page.allSatisfy({ isTooOld($0) })
        {
            messages = .done
        }
        return true
    }

    private mutating func gatherThreads(_ rows: RegistryRows) throws -> Bool {
        guard threadsInWindow < windowRows else { return false }
        let last: Int64
        switch threads {
        case .done: return false
        case .unbegun: last = try rows.lastThread()
        case .upTo(let row): last = row
        }
        let page = try rows.threadEntries(upTo: last, limit: RegistryScan.threadPageRows)
        threads = Walk(below: page.last?.row)
        threadsInWindow += page.count
        entries += page.filter(isInTime)
        return true
    }

    private func isTooOld(_ entry: RegistryEntry) -> Bool {
        guard let since = wanted.since, let time = entry.time else { return false }
        return time < since
    }

    private func isInTime(_ entry: RegistryEntry) -> Bool {
        if isTooOld(entry), wanted.isConcerned == nil { return false }
        return entry.time.map { $0 <= wanted.until } ?? true
    }

    /// The facts in the next rows of the window, in order: drafts as ``RegistryEvents`` makes them.
    mutating func facts(_ rows: RegistryRows) throws -> [Result<Draft, RowDamage>] {
        var facts: [Result<Draft, RowDamage>] = []
        var announced: Set<String> = []
        var bytes = 0
        var count = 0
        while place < entries.count, count < RegistryScan.chunkRows,
            bytes < RegistryScan.chunkBytes
        {
            let entry = entries[place]
            place += 1
            count += 1
            let found: [Result<Draft, RowDamage>]
            switch entry.kind {
            case .message:
                found = try message(entry, rows, &announced)
            case .created, .closed:
                found = try rows.thread(row: entry.row).map { thread(entry, $0) } ?? []
            }
            for case .success(let draft) in found { bytes += draft.event.data.count }
            facts += found
        }
        return facts
    }

    private func message(
        _ entry: RegistryEntry, _ rows: RegistryRows, _ announced: inout Set<String>
    ) throws -> [Result<Draft, RowDamage>] {
        switch try rows.message(row: entry.row) {
        case nil:
            return []
        case .failure(let damage):
            return [.failure(damage)]
        case .success(let message):
            guard isWanted(entry, message.run, message.thread) else { return [] }
            var facts: [Result<Draft, RowDamage>] = []
            if wanted.isThreadNew(message.thread), announced.insert(message.thread).inserted {
                for case .success(let thread) in try rows.threads([message.thread]) {
                    facts.append(
                        fact(thread.label, thread.metadata) { try RegistryEvents.created(thread) })
                }
            }
            facts.append(
                fact(message.label, message.metadata) {
                    try RegistryEvents.sent(message, run: message.run)
                })
            return facts
        }
    }

    private func thread(_ entry: RegistryEntry, _ row: Result<RegistryThread, RowDamage>)
        -> [Result<Draft, RowDamage>]
    {
        switch row {
        case .failure(let damage):
            return [.failure(damage)]
        case .success(let thread):
            guard isWanted(entry, thread.run, thread.id) else { return [] }
            if entry.kind == .created {
                return [fact(thread.label, thread.metadata) { try RegistryEvents.created(thread) }]
            }
            // What is wrong with the row has been said of the thread's creation.
            guard thread.metadata.isValid || !wanted.isStrict else { return [] }
            return [fact(thread.label, thread.metadata) { try RegistryEvents.closed(thread) }]
        }
    }

    private func isWanted(_ entry: RegistryEntry, _ run: RunID?, _ thread: String) -> Bool {
        guard isTooOld(entry) else { return true }
        return run.map { wanted.isConcerned?($0, thread) ?? false } ?? false
    }

    private func fact(
        _ row: String, _ metadata: RegistryMetadata, _ make: () throws -> Draft
    ) -> Result<Draft, RowDamage> {
        guard metadata.isValid || !wanted.isStrict else {
            return .failure(RowDamage(row: row, reason: "metadata is no JSON object"))
        }
        do {
            return .success(try make())
        } catch {
            return .failure(RowDamage(row: row, reason: "\(error)"))
        }
    }
}
