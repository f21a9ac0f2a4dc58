// The entries that deletion, retention and pins write.

extension Manifest.Entry {
    /// Reads the rest of an entry of one of the kinds 7 to 13; nil when it is anything else.
    init?(ofRemoval kind: UInt8, _ reader: inout ByteReader) {
        switch kind {
        case 7, 8:
            guard let run = reader.run() else { return nil }
            self = kind == 7 ? .pinned(run) : .unpinned(run)
        case 9:
            guard let removal = Removal(&reader) else { return nil }
            self = .removing(removal)
        case 10:
            guard let count = reader.count(max: reader.remaining) else { return nil }
            var runs: [RunID: RemovedRun] = [:]
            for _ in 0..<count {
                guard let run = reader.run(), let removed = RemovedRun(&reader) else { return nil }
                runs[run] = removed
            }
            self = .removed(runs)
        case 11:
            guard let count = reader.count(max: reader.remaining) else { return nil }
            var threads: [String: ThreadHome] = [:]
            for _ in 0..<count {
                guard let thread = reader.string(bytesMax: reader.remaining),
                    let run = reader.run(), let isCreated = reader.byte(), isCreated <= 1
                else { return nil }
                threads[thread] = ThreadHome(run: run, isCreated: isCreated == 1)
            }
            self = .threads(threads)
        case 12:
            guard let count = reader.count(max: reader.remaining) else { return nil }
            var parts: [ErasedRecords] = []
            for _ in 0..<count {
                guard let low = reader.varint(), let span = reader.varint(),
                    let lastSeq = reader.varint()
                else { return nil }
                let (high, overflow) = low.addingReportingOverflow(span)
                guard !overflow, high < .max else { return nil }
                parts.append(
                    ErasedRecords(
                        range: Offset(rawValue: low)...Offset(rawValue: high),
                        lastSeq: RunSequence(rawValue: lastSeq)))
            }
            self = .erased(parts)
        case 13:
            self = .removalDone
        default:
            return nil
        }
    }

    /// Entries that say what is removed of `runs`, and where `threads` belong, none of them too
    /// long.
    static func notes(
        _ runs: [RunID: RemovedRun], threads: [String: ThreadHome]
    ) -> [Manifest.Entry] {
        var entries: [Manifest.Entry] = []
        var part: [RunID: RemovedRun] = [:]
        for (run, removed) in runs {
            part[run] = removed
            guard part.count == 1024 else { continue }
            entries.append(.removed(part))
            part = [:]
        }
        if !part.isEmpty { entries.append(.removed(part)) }
        var homes: [String: ThreadHome] = [:]
        var bytes = 0
        for (thread, home) in threads where thread.utf8.count < Manifest.entryLengthMax / 2 {
            homes[thread] = home
            bytes += thread.utf8.count + RunID.bytesMax + 16
            guard bytes > Manifest.entryLengthMax / 4 else { continue }
            entries.append(.threads(homes))
            (homes, bytes) = ([:], 0)
        }
        if !homes.isEmpty { entries.append(.threads(homes)) }
        return entries
    }
}

extension Removal {
    private enum Kind: UInt8 {
        case deletion = 1
        case retention = 2
    }

    func encode(into body: inout [UInt8]) {
        switch self {
        case .deletion(let run, let before, let originals):
            body.append(Kind.deletion.rawValue)
            body.append(string: run.name)
            body.append(fixed: before.rawValue)
            body.append(count: originals.count)
            var previous: UInt64 = 0
            for offset in originals {
                body.append(varint: offset.rawValue - previous)
                previous = offset.rawValue
            }
        case .retention(let floor, let spared):
            body.append(Kind.retention.rawValue)
            body.append(fixed: floor.rawValue)
            body.append(count: spared.count)
            for run in spared.sorted() { body.append(string: run.name) }
        }
    }

    init?(_ reader: inout ByteReader) {
        switch reader.byte().flatMap(Kind.init) {
        case .deletion:
            guard let run = reader.run(), let before = reader.fixed(UInt64.self),
                let count = reader.count(max: reader.remaining)
            else { return nil }
            var originals: [Offset] = []
            var previous: UInt64 = 0
            for _ in 0..<count {
                guard let step = reader.varint() else { return nil }
                let (offset, overflow) = previous.addingReportingOverflow(step)
                guard !overflow, offset < .max else { return nil }
                originals.append(Offset(rawValue: offset))
                previous = offset
            }
            self = .deletion(run, before: Offset(rawValue: before), originals: originals)
        case .retention:
            guard let floor = reader.fixed(UInt64.self),
                let count = reader.count(max: reader.remaining)
            else { return nil }
            var spared: Set<RunID> = []
            for _ in 0..<count {
                guard let run = reader.run() else { return nil }
                spared.insert(run)
            }
            self = .retention(floor: Offset(rawValue: floor), spared: spared)
        case nil:
            return nil
        }
    }
}

extension RemovedRun {
    func encode(into body: inout [UInt8]) {
        body.append(varint: first.rawValue)
        body.append(varint: last.rawValue - first.rawValue)
        body.append(varint: lastSeq.rawValue)
        body.append(reason == .deleted ? 1 : 0)
    }

    init?(_ reader: inout ByteReader) {
        guard let first = reader.varint(), let span = reader.varint(),
            let lastSeq = reader.varint(), let code = reader.byte(), code <= 1
        else { return nil }
        let (last, overflow) = first.addingReportingOverflow(span)
        guard !overflow, last < .max else { return nil }
        self.init(
            first: Offset(rawValue: first), last: Offset(rawValue: last),
            lastSeq: RunSequence(rawValue: lastSeq), reason: code == 1 ? .deleted : .retention)
    }
}

extension ByteReader {
    fileprivate mutating func run() -> RunID? {
        string(bytesMax: RunID.bytesMax).flatMap { RunID($0) }
    }
}
