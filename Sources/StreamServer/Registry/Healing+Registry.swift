import Journal

extension Healing {
    /// Among so many of the newest messages a delegation is looked for.
    private static let newestRows: Int64 = 4096
    /// So many things are asked for in one query.
    private static let namesMax = 500

    /// Takes what the registry has by now.
    mutating func ask(_ registry: RegistryFile) throws(RegistryError) {
        let asked = self
        self = try registry.read { rows in
            var asked = asked
            try asked.takeContents(rows)
            try asked.takeThreads(rows)
            try asked.takeDelegations(rows)
            return asked
        }
    }

    private mutating func takeContents(_ rows: RegistryRows) throws {
        var ids: [String] = []
        var places: [[UInt8]: [Int]] = [:]
        for (place, item) in items.enumerated() {
            for case .content(let id, _) in item.needs {
                ids.append(id)
                places[Array(id.utf8), default: []].append(place)
            }
        }
        for row in try Healing.inParts(ids, rows.messages) {
            guard case .success(let message) = row else { continue }
            for place in places[Array(message.id.utf8)] ?? [] { take(message, place) }
        }
    }

    private mutating func take(_ message: RegistryMessage, _ place: Int) {
        for need in items[place].needs {
            guard case .content(message.id, let cut) = need else { continue }
            items[place].needs.remove(need)
            if cut.isCut(from: message.content),
                let whole = try? RegistryEvents.whole(
                    items[place].draft.event, content: message.content)
            {
                items[place].draft.event = whole
            }
        }
    }

    private mutating func takeThreads(_ rows: RegistryRows) throws {
        var places: [String: [Int]] = [:]
        for (place, item) in items.enumerated() {
            for case .thread(let thread) in item.needs {
                places[thread, default: []].append(place)
            }
        }
        for row in try Healing.inParts(places.keys, rows.threads) {
            guard case .success(let thread) = row, let first = places[thread.id]?.first,
                let created = try? RegistryEvents.created(thread)
            else { continue }
            if filter.matches(created.event.type.name) { items[first].before.append(created) }
            foundSince = min(foundSince ?? thread.createdAt.moment, thread.createdAt.moment)
            for place in places[thread.id] ?? [] {
                items[place].needs.remove(.thread(thread.id))
            }
        }
    }

    private mutating func takeDelegations(_ rows: RegistryRows) throws {
        var places: [String: Int] = [:]
        for (place, item) in items.enumerated() {
            for case .delegation(let thread) in item.needs { places[thread] = place }
        }
        guard !places.isEmpty else { return }
        let last = max(0, try rows.lastMessage())
        let newest = max(0, last - Healing.newestRows)...last
        for row in try Healing.inParts(places.keys, { try rows.delegations(of: $0, in: newest) }) {
            guard case .success(let message) = row, let place = places[message.thread],
                items[place].needs.remove(.delegation(thread: message.thread)) != nil,
                !messageIDs.contains(message.id),
                let sent = try? RegistryEvents.sent(message, run: message.run)
            else { continue }
            if filter.matches(sent.event.type.name) { items[place].behind.append(sent) }
        }
    }

    /// Asks for many names, a part of them at a time.
    private static func inParts<Row>(
        _ names: some Collection<String>, _ ask: ([String]) throws -> [Row]
    ) throws -> [Row] {
        var rows: [Row] = []
        var rest = Array(names)[...]
        while !rest.isEmpty {
            rows += try ask(Array(rest.prefix(namesMax)))
            rest = rest.dropFirst(namesMax)
        }
        return rows
    }
}
