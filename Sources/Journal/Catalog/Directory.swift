/// Runs, threads, and events whose thread was not known: a fold over the records of a journal or
/// of a part of it.
struct Directory: Hashable, Sendable {
    /// Unassigned events past this many are not copied when their thread is seen.
    static let orphansMax = 1 << 16

    private(set) var runs: [RunID: RunSummary] = [:]
    /// The run of each thread.
    private(set) var threads: [String: ThreadHome] = [:]
    /// Unassigned records by their thread, in order of offset.
    private(set) var orphans: [String: [Offset]] = [:]
    /// The orphans that have been copied into their run.
    private(set) var adopted: Set<Offset> = []
    private var orphanCount = 0

    /// An empty directory.
    init() {}

    /// A directory as the catalog keeps it.
    init(runs: [RunID: RunSummary], threads: [String: ThreadHome], orphans: [String: [Offset]]) {
        self.runs = runs
        self.threads = threads
        self.orphans = orphans
        orphanCount = orphans.values.reduce(0) { $0 + $1.count }
    }

    /// Adds the record at `place` of `records`, whose data's fields are at the same of `fields`.
    ///
    /// - Returns: whether it is the run's first in its group.
    mutating func fold(
        _ records: Span<Record>, _ fields: Span<EventFields>, at place: Int, segment: Offset,
        group: UInt32
    ) -> Bool {
        let run = records[place].run
        let (offset, seq) = (records[place].offset, records[place].seq)
        let news = runs[run, default: RunSummary(first: offset, seq)]
            .fold(records, fields, at: place, segment: segment, group: group)
        guard run != .unassigned else {
            noteOrphan(records[place], fields[place])
            return news.contains(.group)
        }
        if news.contains(.thread),
            let thread = fields[place].threadID?.string(in: records[place].data)
        {
            let isCreated = records[place].type == .threadCreated
            note(thread, ThreadHome(run: run, isCreated: isCreated))
        }
        if let origin = records[place].origin, origin.epoch == nil { adopted.insert(origin.offset) }
        return news.contains(.group)
    }

    private mutating func note(_ thread: String, _ home: ThreadHome) {
        if home.isCreated || threads[thread] == nil { threads[thread] = home }
    }

    /// Forgets the first records of a run.
    mutating func cut(_ run: RunID, _ removed: RemovedRun) {
        guard var summary = runs[run], summary.first <= removed.last else { return }
        guard summary.last > removed.last else {
            runs[run] = nil
            return
        }
        summary.first = removed.last.next
        summary.firstSeq = removed.lastSeq.next
        runs[run] = summary
    }

    private mutating func noteOrphan(_ record: Record, _ fields: EventFields) {
        guard let thread = fields.threadID?.string(in: record.data),
            orphanCount < Directory.orphansMax
        else { return }
        orphans[thread, default: []].append(record.offset)
        orphanCount += 1
    }

    /// What is known here of the runs and threads that `part` names.
    func touched(by part: Directory) -> Directory {
        Directory(
            runs: part.runs.keys.reduce(into: [:]) { $0[$1] = runs[$1] },
            threads: part.threads.keys.reduce(into: [:]) { $0[$1] = threads[$1] }, orphans: [:])
    }

    /// Adds what is known of a later part of the journal.
    mutating func merge(_ later: Directory) {
        for (run, summary) in later.runs {
            if runs[run] == nil { runs[run] = summary } else { runs[run]?.merge(summary) }
        }
        for (thread, home) in later.threads { note(thread, home) }
        for (thread, offsets) in later.orphans {
            orphans[thread, default: []] += offsets
            orphanCount += offsets.count
        }
        adopted.formUnion(later.adopted)
        settle()
    }

    /// Forgets orphans that have been copied.
    private mutating func settle() {
        // An orphan always stands before its copy: what is left over names none that is kept.
        defer { adopted = [] }
        guard !adopted.isEmpty, !orphans.isEmpty else { return }
        for (thread, offsets) in orphans {
            let left = offsets.filter { !adopted.contains($0) }
            guard left.count < offsets.count else { continue }
            orphanCount -= offsets.count - left.count
            orphans[thread] = left.isEmpty ? nil : left
        }
    }
}

extension Directory {
    /// Appends the directory's bytes: docs/FORMAT.md, "Footer".
    ///
    /// Runs come in order of name, each followed by what `group` appends for it.
    func encode(into output: inout [UInt8], groups: (RunID, inout [UInt8]) -> Void) {
        output.append(count: runs.count)
        for (run, summary) in runs.sorted(by: { $0.key < $1.key }) {
            output.append(string: run.name)
            summary.encode(into: &output)
            groups(run, &output)
        }
        output.append(count: threads.count)
        for (thread, home) in threads.sorted(by: { $0.key < $1.key }) {
            output.append(string: thread)
            output.append(string: home.run.name)
            output.append(home.isCreated ? 1 : 0)
        }
        output.append(count: orphans.count)
        for (thread, offsets) in orphans.sorted(by: { $0.key < $1.key }) {
            output.append(string: thread)
            output.append(count: offsets.count)
            for offset in offsets { output.append(varint: offset.rawValue) }
        }
        output.append(count: adopted.count)
        for offset in adopted.sorted() { output.append(varint: offset.rawValue) }
    }

    /// Reads what ``encode(into:groups:)`` wrote for the segment that starts at `segment`; nil
    /// where ``skip(_:groups:)`` would be false.
    init?(
        _ reader: inout ByteReader, segment: Offset,
        groups: (inout ByteReader) -> Bool
    ) {
        guard let runCount = reader.count(max: reader.remaining) else { return nil }
        var previous: RunID?
        for _ in 0..<runCount {
            guard let name = reader.string(bytesMax: RunID.bytesMax), let run = RunID(name),
                previous.map({ $0 < run }) ?? true,
                var summary = RunSummary(&reader), groups(&reader)
            else { return nil }
            summary.segments = [segment]
            runs[run] = summary
            previous = run
        }
        guard let threadCount = reader.count(max: reader.remaining) else { return nil }
        for _ in 0..<threadCount {
            guard let thread = reader.string(bytesMax: reader.remaining),
                let name = reader.string(bytesMax: RunID.bytesMax), let run = RunID(name),
                let isCreated = reader.byte(), isCreated <= 1
            else { return nil }
            threads[thread] = ThreadHome(run: run, isCreated: isCreated == 1)
        }
        guard let orphanThreads = reader.count(max: reader.remaining) else { return nil }
        for _ in 0..<orphanThreads {
            guard let thread = reader.string(bytesMax: reader.remaining),
                let count = reader.count(max: reader.remaining)
            else { return nil }
            for _ in 0..<count {
                guard let offset = reader.varint() else { return nil }
                orphans[thread, default: []].append(Offset(rawValue: offset))
                orphanCount += 1
            }
        }
        guard let adoptedCount = reader.count(max: reader.remaining) else { return nil }
        for _ in 0..<adoptedCount {
            guard let offset = reader.varint() else { return nil }
            adopted.insert(Offset(rawValue: offset))
        }
    }

    /// Passes over what ``encode(into:groups:)`` wrote, and makes nothing of it.
    ///
    /// - Parameters:
    ///   - reader: Stands behind it afterwards.
    ///   - groups: Given a run's name, passes over what was appended for the run; false where that
    ///     is not what was written.
    /// - Returns: false where the bytes are anything else.
    static func skip(
        _ reader: inout ByteReader, groups: (ArraySlice<UInt8>, inout ByteReader) -> Bool
    ) -> Bool {
        guard let runCount = reader.count(max: reader.remaining) else { return false }
        var previous: ArraySlice<UInt8>?
        for _ in 0..<runCount {
            guard let name = reader.skipString(bytesMax: RunID.bytesMax), RunID.isName(name),
                previous.map({ $0.lexicographicallyPrecedes(name) }) ?? true,
                RunSummary.skip(&reader), groups(name, &reader)
            else { return false }
            previous = name
        }
        guard let threadCount = reader.count(max: reader.remaining) else { return false }
        for _ in 0..<threadCount {
            guard reader.skipString(bytesMax: reader.remaining) != nil,
                let name = reader.skipString(bytesMax: RunID.bytesMax), RunID.isName(name),
                let isCreated = reader.byte(), isCreated <= 1
            else { return false }
        }
        guard let orphanThreads = reader.count(max: reader.remaining) else { return false }
        for _ in 0..<orphanThreads {
            guard reader.skipString(bytesMax: reader.remaining) != nil, skipList(&reader)
            else { return false }
        }
        return skipList(&reader)
    }

    private static func skipList(_ reader: inout ByteReader) -> Bool {
        guard let count = reader.count(max: reader.remaining) else { return false }
        for _ in 0..<count where reader.varint() == nil { return false }
        return true
    }
}
