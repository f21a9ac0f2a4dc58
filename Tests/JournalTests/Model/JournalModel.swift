@testable import Journal
import TestSupport

/// What a journal should hold: an array of records, by offset.
struct JournalModel {
    /// A record that is to come; when it is taken in only the journal knows.
    struct Expected {
        var run: RunID
        var seq: UInt64
        var draft: Draft
        var origin: EventID?

        func fits(_ record: Record) -> Bool {
            record.run == run && record.seq.rawValue == seq && record.data == draft.event.data
                && record.type == draft.event.type && record.key == draft.key
                && record.origin == (origin ?? draft.origin)
                && (origin != nil || record.eventTime == draft.eventTime)
        }
    }

    /// What makes an event a duplicate.
    private struct Sameness: Hashable {
        var run: RunID
        var type: EventType
        var data: [UInt8]
        var key: UInt64?
        var origin: EventID?

        func hash(into hasher: inout Hasher) {
            // SAFETY: the bytes are read within the closure alone.
            unsafe data.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
    }

    /// Lost ones are nil.
    private(set) var records: [Record?] = []
    /// The runs of records that were removed, by their place.
    private(set) var removed: [Int: RunID] = [:]
    /// Those of them that went with the run that they had been copied to.
    private(set) var erased: Set<Int> = []
    private var removedSeqs: [RunID: UInt64] = [:]
    private var forgottenCreated: [String: RunID] = [:]
    private var forgottenSeen: [String: RunID] = [:]
    private var lastSeqs: [RunID: UInt64] = [:]
    private(set) var created: [String: RunID] = [:]
    private var seen: [String: RunID] = [:]
    private var known: [Sameness: Int] = [:]
    private var orphans: [String: [Int]] = [:]

    var end: Int { records.count }

    var hasLosses: Bool { records.indices.contains { records[$0] == nil && removed[$0] == nil } }

    private func samenesses(_ run: RunID, _ draft: Draft, _ origin: EventID?) -> [Sameness] {
        let event = draft.event
        var all: [Sameness] = []
        if event.fields.messageID != nil {
            all.append(Sameness(run: run, type: event.type, data: event.data))
        }
        if let key = draft.key {
            all.append(Sameness(run: run, type: event.type, data: event.data, key: key))
        }
        if let origin, origin.epoch != nil {
            all.append(Sameness(run: run, type: event.type, data: event.data, origin: origin))
        }
        return all
    }

    private static func thread(_ event: Event) -> String? {
        event.fields.threadID?.string(in: event.data)
    }

    private func run(of draft: Draft) -> RunID {
        if let run = draft.run { return run }
        if draft.event.fields.hasRunID {
            return draft.event.fields.runID.flatMap { RunID($0.string(in: draft.event.data)) }
                ?? .unassigned
        }
        guard let thread = JournalModel.thread(draft.event) else { return .unassigned }
        return created[thread] ?? seen[thread] ?? .unassigned
    }

    private mutating func append(_ expected: Expected, origin: EventID?) {
        for sameness in samenesses(expected.run, expected.draft, origin) {
            known[sameness] = records.count
        }
        lastSeqs[expected.run] = expected.seq
        if let thread = JournalModel.thread(expected.draft.event) {
            if expected.run == .unassigned {
                orphans[thread, default: []].append(records.count)
            } else if expected.draft.event.type == .threadCreated {
                created[thread] = expected.run
            } else if created[thread] == nil, seen[thread] == nil {
                seen[thread] = expected.run
            }
        }
        if let origin, origin.epoch == nil {
            for thread in orphans.keys {
                orphans[thread]?.removeAll { $0 == Int(origin.offset.rawValue) }
            }
        }
        records.append(nil)
    }

    /// What one submission should become: the offset of each draft, and the new records.
    func submitting(_ drafts: [Draft]) -> (offsets: [Int], records: [Expected]) {
        var model = self
        var offsets: [Int] = []
        var added: [Expected] = []
        var threads: [(String, RunID)] = []
        func add(_ draft: Draft, _ run: RunID, _ origin: EventID?) -> Int {
            for sameness in samenesses(run, draft, origin) {
                if let place = model.known[sameness] { return place }
            }
            let expected = Expected(
                run: run, seq: (model.lastSeqs[run] ?? 0) + 1, draft: draft,
                origin: origin?.epoch == nil ? origin : nil)
            added.append(expected)
            model.append(expected, origin: origin)
            return model.end - 1
        }
        for draft in drafts {
            let run = model.run(of: draft)
            let place = add(draft, run, draft.origin)
            offsets.append(place)
            let isNew = place == model.end - 1 && place >= end
            if isNew, run != .unassigned, let thread = JournalModel.thread(draft.event) {
                threads.append((thread, run))
            }
        }
        for (thread, run) in threads {
            for place in model.orphans[thread] ?? [] {
                let event: Event
                var key: UInt64?
                if place < end, let record = records[place] {
                    guard let made = try? Event(type: record.type, data: record.data) else {
                        continue
                    }
                    (event, key) = (made, record.key)
                } else if place >= end {
                    (event, key) = (added[place - end].draft.event, added[place - end].draft.key)
                } else {
                    continue
                }
                let origin = EventID(epoch: nil, offset: Offset(rawValue: UInt64(place)))
                _ = add(Draft(event, key: key), run, origin)
            }
        }
        return (offsets, added)
    }

    /// Takes over what the journal made of expected records.
    mutating func take(_ expected: [Expected], _ actual: [Record]) -> String? {
        for (one, record) in zip(expected, actual) {
            guard record.offset.rawValue == UInt64(end), one.fits(record) else {
                return "record \(end) is \(record), not \(one)"
            }
            append(one, origin: record.origin)
            records[end - 1] = record
        }
        return nil
    }

    /// Where records differ from those expected.
    func firstDifference(_ expected: [Expected], _ actual: [Record]) -> String? {
        for place in 0..<max(expected.count, actual.count) {
            guard place < expected.count else { return "too many: \(actual[place])" }
            guard place < actual.count else {
                return
                    "none for \(expected[place]), \(String(decoding: expected[place].draft.event.data, as: UTF8.self))"
            }
            if !expected[place].fits(actual[place]) {
                return
                    "\(actual[place]) \(String(decoding: actual[place].data, as: UTF8.self)) for \(expected[place]) \(String(decoding: expected[place].draft.event.data, as: UTF8.self))"
            }
        }
        return nil
    }

    /// Holds what a start found, and knows no more than follows from it.
    mutating func restore(_ found: [Record?]) throws(JournalError) {
        let before = self
        self = JournalModel()
        removed = before.removed.filter { $0.key < found.count && found[$0.key] == nil }
        erased = before.erased
        removedSeqs = before.removedSeqs
        forgottenCreated = before.forgottenCreated
        forgottenSeen = before.forgottenSeen
        lastSeqs = removedSeqs
        created = forgottenCreated
        seen = forgottenSeen
        for record in found {
            guard let record else {
                records.append(nil)
                continue
            }
            let event = try Event(type: record.type, data: record.data)
            let draft = Draft(
                event, eventTime: record.eventTime, origin: record.origin, key: record.key)
            append(
                Expected(run: record.run, seq: record.seq.rawValue, draft: draft),
                origin: record.origin)
            records[end - 1] = record
        }
        // Those of `unassigned` need not be its first ones.
        lastSeqs.merge(removedSeqs) { max($0, $1) }
    }

    /// Takes records out, and remembers of them what the journal does; of their threads, these.
    mutating func remove(
        _ places: Set<Int>, deleted: RunID?, threads: [String: ThreadHome]
    ) throws(JournalError) {
        for place in places {
            guard let record = records[place] else { continue }
            removed[place] = record.run
            if let deleted, record.run != deleted { erased.insert(place) }
            removedSeqs[record.run] = max(removedSeqs[record.run] ?? 0, record.seq.rawValue)
        }
        forgottenCreated = threads.filter(\.value.isCreated).mapValues(\.run)
        forgottenSeen = threads.filter { !$0.value.isCreated }.mapValues(\.run)
        var left = records
        for place in places { left[place] = nil }
        try restore(left)
    }

    func lastSeq(of run: RunID, before offset: Int) -> UInt64 {
        records[..<min(offset, end)].last { $0?.run == run }??.seq.rawValue ?? 0
    }

    func count(of run: RunID) -> Int {
        records.reduce(0) { $0 + ($1?.run == run ? 1 : 0) }
    }
}
