import Dispatch
@testable import Journal
import TestSupport

extension ModelSequence {
    /// A removal that is to be made, and the places of the records that it takes.
    struct Removing {
        var deleted: RunID?
        var policy = RetentionPolicy()
        var places: Set<Int> = []
    }

    /// Deletes a run, or has retention take what is old; now and then the disk goes away meanwhile.
    mutating func remove() throws {
        if generator.oneIn(4) { try changePin() }
        let removing = generator.oneIn(2) ? deletion() : retention()
        trace.append("remove \(removing.places.count) of \(model.end)")
        guard generator.oneIn(5) else {
            try carryOut(removing)
            try note(removing)
            try checkEverything()
            return
        }
        hasFailed = true
        world.files.fail(
            after: generator.below(40), count: .max, with: generator.oneIn(3) ? .diskFull : .io,
            isShort: generator.oneIn(2))
        do {
            try carryOut(removing)
        } catch let error as JournalError {
            guard [.io, .diskFull, .readOnly].contains(error.code) else { throw error }
        }
        interrupted = removing
        try restart([.kill, .powerCut, .stop][generator.below(3)])
        try checkEverything()
    }

    /// Waits until a removal that was interrupted is finished, and tells the model if it was begun.
    mutating func settleRemoval(mayLose: Bool) throws {
        try prune(RetentionPolicy())
        guard let removing = interrupted else { return }
        interrupted = nil
        let found = try readEverything(journal).records
        let left = found.count { removing.places.contains(Int($0.offset.rawValue)) }
        guard left > 0 || removing.places.isEmpty else {
            return try note(removing)
        }
        let isWhole = left == removing.places.count { $0 < Int(journal.end.rawValue) }
        guard isWhole || mayLose else {
            throw Failure(description: "\(left) of \(removing.places.count) records were left")
        }
    }

    private mutating func note(_ removing: Removing) throws {
        if let run = removing.deleted, !removing.places.isEmpty { pins.remove(run) }
        let threads = journal.reader.state.withLock { $0.removals.threads }
        try model.remove(removing.places, deleted: removing.deleted, threads: threads)
    }

    private mutating func changePin() throws {
        let run = ModelSequence.runs[generator.below(4)]
        let isPinned = !pins.contains(run)
        guard model.count(of: run) > 0 || !isPinned else { return }
        try answer { completion in
            journal.perform(
                { committer throws(JournalError) in try committer.pin(run, isPinned) },
                completion: completion)
        }
        if isPinned { pins.insert(run) } else { pins.remove(run) }
    }

    private mutating func deletion() -> Removing {
        let run = ModelSequence.runs[generator.below(4)]
        var removing = Removing(deleted: run)
        for (place, record) in model.records.enumerated() where record?.run == run {
            removing.places.insert(place)
            // What it was copied from.
            if let origin = record?.origin, origin.epoch == nil {
                let original = Int(origin.offset.rawValue)
                if model.records[original] != nil { removing.places.insert(original) }
            }
        }
        return removing
    }

    private mutating func retention() -> Removing {
        let records = model.records.compactMap { $0 }
        guard !records.isEmpty else { return Removing() }
        let cut = records[generator.below(records.count)].recordedAt
        var removing = Removing(policy: RetentionPolicy(before: cut))
        let floor = model.records.firstIndex { $0.map { $0.recordedAt >= cut } ?? false }
        let spared = spared(cut)
        for (place, record) in model.records.prefix(floor ?? model.end).enumerated() {
            if let record, !spared.contains(record.run) { removing.places.insert(place) }
        }
        return removing
    }

    /// Pinned runs, and those that go on: a thread is open, and something was said since.
    private func spared(_ cut: Timestamp) -> Set<RunID> {
        return pins.union(
            ModelSequence.runs.filter { run in
                let records = model.records.compactMap { $0 }.filter { $0.run == run }
                guard let last = records.last, last.recordedAt >= cut else { return false }
                return records.contains { record in
                    let fields = (try? Event(type: record.type, data: record.data))?.fields
                    let thread = fields?.threadID?.string(in: record.data)
                    return thread.map { model.created[$0] == run } ?? false
                }
            })
    }

    private func carryOut(_ removing: Removing) throws {
        guard let run = removing.deleted else { return try prune(removing.policy) }
        do {
            try answer { journal.removals.delete(run, completion: $0) }
        } catch let error as JournalError {
            guard error.code == .notFound, removing.places.isEmpty else { throw error }
        }
    }

    private func prune(_ policy: RetentionPolicy) throws {
        try answer { journal.removals.prune(policy, completion: $0) }
    }

    private func answer<Value: Sendable>(
        _ body: (@escaping @Sendable (Result<Value, JournalError>) -> Void) -> Void
    ) throws {
        let answer = Locked<Result<Value, JournalError>?>(nil)
        let answered = DispatchSemaphore(value: 0)
        body { result in
            answer.withLock { $0 = result }
            answered.signal()
        }
        answered.wait()
        _ = try answer.withLock { $0 }?.get()
    }

    /// What is read, by the writer and by others, is what the model holds; what was grown is what
    /// the segments say.
    private func checkEverything() throws {
        let expected = model.records.compactMap { $0 }
        // Other processes may not have been told of the last commit.
        let readers: [any JournalReading] = isMarkBehind ? [journal] : [journal, try world.view()]
        for (place, records) in try readers.map({ try readEverything($0).records }).enumerated()
        where records.sorted(by: { $0.offset < $1.offset }) != expected {
            throw Failure(
                description: "after a removal \(place == 0 ? "its writer" : "a view") reads "
                    + "\(records.map(\.offset.rawValue).sorted()), not "
                    + "\(expected.map(\.offset.rawValue))")
        }
        let report = try Verification.run("journal", environment: world.environment)
        guard report.isClean || model.hasLosses else {
            throw Failure(description: "after a removal: \(report.findings)")
        }
    }
}
