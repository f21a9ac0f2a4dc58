/// What is known of a run without reading its records: a fold over them.
///
/// Summaries of successive parts of a journal merge into the summary of the whole, so the one
/// that was grown record by record equals the one that is rebuilt from the segments' footers.
struct RunSummary: Hashable, Sendable {
    /// Names past this many are not kept.
    static let agentsMax = 256
    /// Threads past this many are not told apart from open ones.
    static let threadsMax = 65_536
    static let titleCharactersMax = 120

    enum ThreadStatus: UInt8, Sendable {
        case open = 0
        case completed = 1
        case failed = 2
    }

    var first: Offset
    var last: Offset
    var firstSeq: RunSequence
    var lastSeq: RunSequence
    var firstAt: Timestamp
    var lastAt: Timestamp
    /// When the newest record was taken in.
    var lastIngest: Timestamp
    var events: UInt64 = 0
    /// Bytes of data.
    var bytes: UInt64 = 0
    /// In order of first appearance.
    var agents: [String] = []
    var threads: [String: ThreadStatus] = [:]
    /// From a thread's metadata.
    var title: String?
    /// The beginning of the first delegation: the title where no metadata gives one.
    var delegation: String?
    /// The segments that hold records of the run, by base, ascending.
    var segments: [Offset] = []
    /// The thread of the newest record that has one.
    private var recentThread = Memo<String>()
    /// The group of the newest record.
    private var recentGroup = Memo<UInt32>()

    /// The summary of a run whose first record is there, and still to be folded in.
    init(first offset: Offset, _ seq: RunSequence) {
        first = offset
        last = offset
        firstSeq = seq
        lastSeq = seq
        firstAt = Timestamp(microseconds: 0)
        lastAt = firstAt
        lastIngest = firstAt
    }

    /// What a record has that the one before in its run did not have.
    struct News: OptionSet {
        let rawValue: UInt8
        static let group = News(rawValue: 1)
        /// It names a thread, and that is another, or has just been created.
        static let thread = News(rawValue: 2)
    }

    /// Adds the record at `place` of `records`, whose data's fields are at the same of `fields`.
    ///
    /// It is not copied: that would cost as much as all the rest.
    mutating func fold(
        _ records: Span<Record>, _ fields: Span<EventFields>, at place: Int, segment: Offset,
        group: UInt32
    ) -> News {
        last = records[place].offset
        lastSeq = records[place].seq
        let ingest = records[place].ingest.wall
        lastAt = records[place].eventTime ?? ingest
        if events == 0 { (firstAt, lastIngest) = (lastAt, ingest) }
        // What the journal itself notes in a run is no sign of its life.
        let type = records[place].type
        if !type.isJournals { lastIngest = ingest }
        events += 1
        let data = records[place].data
        bytes += UInt64(data.count)
        if segments.last != segment { segments.append(segment) }
        var news: News = recentGroup.value == group ? [] : .group
        recentGroup.value = group
        let isKnown = isInRecentThread(type, fields[place].threadID, data)
        if !isKnown { news.insert(.thread) }
        guard type.isChat else { return news }
        note(fields[place].fromAgent, in: data)
        note(fields[place].toAgent, in: data)
        note(fields[place].parentAgent, in: data)
        note(fields[place].childAgent, in: data)
        if !isKnown { foldThread(records[place], fields[place]) }
        if title == nil || delegation == nil { foldTitle(records[place], fields[place]) }
        return news
    }

    /// Whether nothing about threads is to be noted of a record: it is of the thread that the
    /// record before it in the run was of, and does not begin or end it.
    private mutating func isInRecentThread(
        _ type: EventType, _ thread: JSONText?, _ data: [UInt8]
    ) -> Bool {
        guard type.isChat, let thread else { return false }
        if let recent = recentThread.value, type != .threadCreated, type != .threadClosed,
            thread.isPlainly(recent, in: data)
        {
            return true
        }
        recentThread.value = thread.string(in: data)
        return false
    }

    private mutating func note(_ agent: JSONText?, in data: [UInt8]) {
        guard let agent, !agents.contains(where: { agent.isPlainly($0, in: data) }) else { return }
        note(agent: agent.string(in: data))
    }

    private mutating func note(agent: String) {
        guard agents.count < RunSummary.agentsMax, !agent.isEmpty, !agents.contains(agent)
        else { return }
        agents.append(agent)
    }

    private mutating func foldThread(_ record: Record, _ fields: EventFields) {
        guard let thread = fields.threadID?.string(in: record.data) else { return }
        if record.type == .threadClosed {
            switch fields.status?.string(in: record.data) {
            case "failed", "timeout", "abandoned": set(thread, .failed)
            default: set(thread, .completed)
            }
        } else if threads[thread] == nil {
            set(thread, .open)
        }
    }

    private mutating func set(_ thread: String, _ status: ThreadStatus) {
        if threads[thread] != nil || threads.count < RunSummary.threadsMax {
            threads[thread] = status
        }
    }

    private mutating func foldTitle(_ record: Record, _ fields: EventFields) {
        if title == nil, record.type == .threadCreated, let text = fields.title {
            title = RunSummary.cut(text.string(in: record.data))
        }
        if delegation == nil, record.type == .messageSent, let content = fields.content,
            fields.messageType?.string(in: record.data) == "delegation"
        {
            delegation = RunSummary.cut(content.string(in: record.data))
        }
    }

    private static func cut(_ text: String) -> String? {
        let line = text.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) }
        guard let line else { return nil }
        let trimmed = line.drop(while: \.isWhitespace)
        return trimmed.count <= titleCharactersMax
            ? String(trimmed) : String(trimmed.prefix(titleCharactersMax - 1)) + "…"
    }

    /// Adds what is known of a later part of the same run.
    mutating func merge(_ later: RunSummary) {
        last = later.last
        lastSeq = later.lastSeq
        lastAt = later.lastAt
        lastIngest = later.lastIngest
        events += later.events
        bytes += later.bytes
        for agent in later.agents { note(agent: agent) }
        for (thread, status) in later.threads {
            if status != .open || threads[thread] == nil { set(thread, status) }
        }
        title = title ?? later.title
        delegation = delegation ?? later.delegation
        for base in later.segments where segments.last != base { segments.append(base) }
    }
}

extension RunSummary {
    /// Appends the summary's bytes, segments left out: docs/FORMAT.md, "Footer".
    func encode(into output: inout [UInt8]) {
        output.append(varint: first.rawValue)
        output.append(varint: last.rawValue)
        output.append(varint: firstSeq.rawValue)
        output.append(varint: lastSeq.rawValue)
        output.append(signed: firstAt.microseconds)
        output.append(signed: lastAt.microseconds)
        output.append(signed: lastIngest.microseconds)
        output.append(varint: events)
        output.append(varint: bytes)
        output.append(count: agents.count)
        for agent in agents { output.append(string: agent) }
        output.append(count: threads.count)
        for (thread, status) in threads.sorted(by: { $0.key < $1.key }) {
            output.append(string: thread)
            output.append(status.rawValue)
        }
        output.append(string: title ?? "")
        output.append(string: delegation ?? "")
    }

    /// Reads what ``encode(into:)`` wrote; nil when it is anything else.
    init?(_ reader: inout ByteReader) {
        guard let first = reader.varint(), let last = reader.varint(), first <= last,
            let firstSeq = reader.varint(), let lastSeq = reader.varint(),
            let firstAt = reader.signed(), let lastAt = reader.signed(),
            let lastIngest = reader.signed(), let events = reader.varint(),
            let bytes = reader.varint(),
            let agentCount = reader.count(max: RunSummary.agentsMax)
        else { return nil }
        self.first = Offset(rawValue: first)
        self.last = Offset(rawValue: last)
        self.firstSeq = RunSequence(rawValue: firstSeq)
        self.lastSeq = RunSequence(rawValue: lastSeq)
        self.firstAt = Timestamp(microseconds: firstAt)
        self.lastAt = Timestamp(microseconds: lastAt)
        self.lastIngest = Timestamp(microseconds: lastIngest)
        self.events = events
        self.bytes = bytes
        for _ in 0..<agentCount {
            guard let agent = reader.string(bytesMax: reader.remaining) else { return nil }
            agents.append(agent)
        }
        guard let threadCount = reader.count(max: RunSummary.threadsMax) else { return nil }
        for _ in 0..<threadCount {
            guard let thread = reader.string(bytesMax: reader.remaining),
                let code = reader.byte(), let status = ThreadStatus(rawValue: code)
            else { return nil }
            threads[thread] = status
        }
        guard let title = reader.string(bytesMax: reader.remaining),
            let delegation = reader.string(bytesMax: reader.remaining)
        else { return nil }
        self.title = title.isEmpty ? nil : title
        self.delegation = delegation.isEmpty ? nil : delegation
    }

    /// Passes over what ``encode(into:)`` wrote; false where ``init(_:)`` would be nil.
    static func skip(_ reader: inout ByteReader) -> Bool {
        guard let first = reader.varint(), let last = reader.varint(), first <= last else {
            return false
        }
        // Two seqs, three times, events and bytes.
        for _ in 0..<7 where reader.varint() == nil { return false }
        guard let agentCount = reader.count(max: agentsMax) else { return false }
        for _ in 0..<agentCount {
            guard reader.skipString(bytesMax: reader.remaining) != nil else { return false }
        }
        guard let threadCount = reader.count(max: threadsMax) else { return false }
        for _ in 0..<threadCount {
            guard reader.skipString(bytesMax: reader.remaining) != nil,
                let code = reader.byte(), ThreadStatus(rawValue: code) != nil
            else { return false }
        }
        return reader.skipString(bytesMax: reader.remaining) != nil
            && reader.skipString(bytesMax: reader.remaining) != nil
    }
}
