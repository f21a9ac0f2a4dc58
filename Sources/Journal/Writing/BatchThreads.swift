/// What a commit has to know of its threads: looked up once for each, since nobody else writes.
struct BatchThreads {
    /// One thread.
    struct Entry {
        let name: String
        /// Its run as it was published.
        let published: RunID?
        /// Whether it may have published records without a run.
        let hasPublishedOrphans: Bool
        /// Its run by the records of the commit.
        var home: ThreadHome?
        /// Its records in the commit that have no run, by their places there.
        var orphans: [Int] = []
    }

    private static let slots = 64

    private var entries: [Entry] = []
    private var places: [String: Int] = [:]
    /// Places by some bits of the name's hash: the last one that had them.
    private var recent: [Int] = []

    subscript(place: Int) -> Entry { entries[place] }

    /// The place among these of the thread that `text`, in `data`, names.
    mutating func place(of text: JSONText, in data: [UInt8], _ state: Locked<LogState>) -> Int {
        if recent.isEmpty { recent = [Int](repeating: -1, count: Self.slots) }
        let slot = Int(
            Checksum.hash64(data[text.range], seed: 0) % UInt64(Self.slots))
        let guess = recent[slot]
        if guess >= 0, text.isPlainly(entries[guess].name, in: data) { return guess }
        let place = place(of: text.string(in: data), state)
        recent[slot] = place
        return place
    }

    /// The place among these of the thread of that name.
    mutating func place(of name: String, _ state: Locked<LogState>) -> Int {
        if let known = places[name] { return known }
        let place = entries.count
        entries.append(
            state.withLock { state in
                Entry(
                    name: name, published: state.run(ofThread: name),
                    hasPublishedOrphans: state.hasOrphans(ofThread: name))
            })
        places[name] = place
        return place
    }

    /// Notes where a record of the thread belongs.
    mutating func note(_ home: ThreadHome, _ place: Int) {
        if home.isCreated || entries[place].home == nil { entries[place].home = home }
    }

    /// Notes a record of the thread that has no run.
    mutating func note(orphan record: Int, _ place: Int) {
        entries[place].orphans.append(record)
    }

    /// The run of the thread; nil where nothing tells it.
    func run(_ place: Int) -> RunID? {
        let entry = entries[place]
        if let home = entry.home, home.isCreated { return home.run }
        return entry.published ?? entry.home?.run
    }

    /// Whether the thread may have records without a run.
    func hasOrphans(_ place: Int) -> Bool {
        entries[place].hasPublishedOrphans || !entries[place].orphans.isEmpty
    }
}
