@testable import Journal
import TestSupport

extension ModelSequence {
    enum End {
        case stop, kill, powerCut
    }

    mutating func restart(_ end: End) throws {
        trace.append("\(end) at \(model.end)")
        switch end {
        case .stop:
            world.files.fail(after: 0, count: 0)
            if pending.isEmpty { try journal.close() } else { try? journal.close() }
        case .kill:
            world.files.kill()
            try? journal.close()
        case .powerCut:
            world.files.crash(&generator)
            try? journal.close()
            if generator.oneIn(8) { world.files.crash(&generator) }
            world.clock.reboot()
        }
        if generator.oneIn(8) {
            // A start that is interrupted changes nothing about the next one.
            world.files.fail(after: generator.below(10), count: .max, isShort: true)
            hasFailed = true
            trace.append("interrupted start")
            if let early = try? world.open("journal", options) {
                world.files.kill()
                try? early.close()
            }
            if end == .powerCut { world.files.crash(&generator) } else { world.files.kill() }
        }
        let before = model
        let oldEpochs = journal.epochs
        journal = try world.open("journal", options)
        isMarkBehind = false
        observe()
        published.withLock { $0 = [] }
        let mayLose = options.durability == .os && end == .powerCut
        if removes { try settleRemoval(mayLose: mayLose) }
        try recover(mayLose: mayLose)
        if journal.epochs.current != oldEpochs.current, before.end == model.end,
            end == .stop, !hasFailed
        {
            throw Failure(
                description: "the epoch forked after an orderly stop: \(journal.recovery.findings)")
        }
        pending = []
        hasFailed = false
    }

    mutating func recover(mayLose: Bool) throws {
        let end = Int(journal.end.rawValue)
        guard mayLose || (model.end...model.end + pending.count).contains(end) else {
            throw Failure(description: "the journal ends at \(end) after a start")
        }
        // Reading everything is dear: after an orderly stop the other operations will do.
        if !mayLose, !hasFailed, end == model.end, !generator.oneIn(3) { return }
        var found = [Record?](repeating: nil, count: end)
        for record in try readEverything(journal).records {
            found[Int(record.offset.rawValue)] = record
        }
        for (place, record) in found.enumerated() {
            if let record, place < model.end, model.records[place] != record {
                throw Failure(description: "after a start, \(record) stands where another was")
            }
            if let record, place >= model.end, !pending[place - model.end].fits(record) {
                throw Failure(description: "after a start, \(record) comes from nowhere")
            }
            let wasLost = place < model.end && model.records[place] == nil
            guard record != nil || mayLose || wasLost else {
                throw Failure(description: "record \(place) is lost")
            }
        }
        let more = found.dropFirst(model.end).compactMap { $0 }
        if found.prefix(model.end).elementsEqual(model.records), more.count == end - model.end {
            if let problem = model.take(Array(pending.prefix(more.count)), more) {
                throw Failure(description: problem)
            }
        } else {
            try model.restore(found)
        }
    }

    func readEverything(_ journal: some JournalReading) throws -> [ReadPage.Item] {
        try journal.readAll(.all) + journal.readAll(.run(.unassigned))
    }

    /// A commit in which the disk goes away at some call, then an end.
    mutating func failAndRestart() throws {
        hasFailed = true
        trace.append("fail at \(model.end)")
        let drafts = try drafts()
        let expected = model.submitting(drafts)
        world.files.fail(
            after: generator.below(8), count: .max, with: generator.oneIn(3) ? .diskFull : .io,
            isShort: generator.oneIn(2))
        do {
            let receipt = try journal.appendNow(drafts, atomically: generator.oneIn(2))
            try check(receipt, expected)
        } catch let error as JournalError {
            guard [.io, .diskFull, .readOnly].contains(error.code) else { throw error }
            pending = expected.records
        }
        try restart([.kill, .powerCut, .stop][generator.below(3)])
    }

    /// A commit in which one call fails: it goes on in a new segment, or is refused.
    mutating func failOnce() throws {
        hasFailed = true
        trace.append("fail once at \(model.end)")
        let drafts = try drafts()
        let expected = model.submitting(drafts)
        world.files.fail(
            after: generator.below(6), with: generator.oneIn(3) ? .diskFull : .io,
            isShort: generator.oneIn(2))
        do {
            let receipt = try journal.appendNow(drafts, atomically: generator.oneIn(2))
            try check(receipt, expected)
        } catch let error as JournalError {
            guard error.code == .diskFull else { throw error }
            guard journal.end.rawValue == UInt64(model.end) else {
                throw Failure(description: "a refused commit was published")
            }
            // It may come back after a power cut, unless something is written in its place.
            try append()
        }
        world.files.fail(after: 0, count: 0)
        isMarkBehind = true
    }
}
