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
            world.files.mend()
            if pending.isEmpty { try journal.close() } else { try? journal.close() }
        case .kill:
            crashes.kills += 1
            world.files.kill()
            try? journal.close()
        case .powerCut:
            crashes.powerCuts += 1
            world.files.crash(&generator)
            try? journal.close()
            if generator.oneIn(8) { world.files.crash(&generator) }
            world.clock.reboot()
        }
        // What is on the disk after a power cut is there for good: every start must find the same.
        // One that finishes a removal behind the start finds more gone the second time.
        let isRepeatable = end == .powerCut && interrupted == nil
        let once = isRepeatable && generator.oneIn(3) ? try startOnce() : nil
        interruptStarts(end)
        let before = model
        let oldEpochs = journal.epochs
        try catalog?.strike(&generator)
        journal = try world.open(directory, options)
        isMarkBehind = false
        try catalog?.check(journal, world.environment.fileSystem)
        observe()
        published.withLock { $0 = [] }
        let mayLose = options.durability == .os && end == .powerCut
        if removes { try settleRemoval(mayLose: mayLose) }
        if let once, let difference = once.difference(try Outcome(journal, given)) {
            throw Failure(description: "recovering once and again differ: \(difference)")
        }
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

    /// What a start makes of the disk, which is then put back to what it was.
    private mutating func startOnce() throws -> Outcome {
        let snapshot = world.files.snapshot()
        let catalogBefore = catalog?.bytes
        defer {
            world.files.restore(snapshot)
            catalog?.bytes = catalogBefore
        }
        let journal = try world.open(directory, options)
        defer { try? journal.close() }
        return try Outcome(journal, given)
    }

    /// Starts that do not come to their end, or that do and are ended at once: they change nothing
    /// about the next one.
    private mutating func interruptStarts(_ end: End) {
        while generator.oneIn(isRough ? 3 : 8) {
            hasFailed = true
            crashes.inStarts += 1
            let call = generator.below(14)
            let kind = generator.below(5)
            switch kind {
            case 0: world.files.fail(after: call, count: .max, isShort: true)
            case 1: world.files.fail(after: call)
            case 2: world.files.failReads(after: call)
            case 3: world.files.failReads(after: call, count: .max)
            default: world.files.cutPower(after: call)
            }
            let early = try? world.open(directory, options)
            trace.append(
                "a start \(early == nil ? "ended by" : "through") fault \(kind) at call \(call)")
            if end == .powerCut { world.files.crash(&generator) } else { world.files.kill() }
            try? early?.close()
        }
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

    /// A commit in which the disk or the power goes away at some call, then an end.
    mutating func failAndRestart() throws {
        hasFailed = true
        let call = generator.below(8)
        let isPowerCut = generator.oneIn(2)
        trace.append("\(isPowerCut ? "cut" : "fail") at \(model.end), call \(call)")
        let drafts = try drafts()
        let expected = model.submitting(drafts)
        if isPowerCut {
            world.files.cutPower(after: call)
        } else {
            world.files.fail(
                after: call, count: .max, with: generator.oneIn(3) ? .diskFull : .io,
                isShort: generator.oneIn(2))
        }
        do {
            let receipt = try journal.appendNow(drafts, atomically: generator.oneIn(2))
            try check(receipt, expected)
        } catch let error as JournalError {
            guard [.io, .diskFull, .readOnly].contains(error.code) else { throw error }
            pending = expected.records
        }
        try restart(isPowerCut ? .powerCut : [.kill, .powerCut, .stop][generator.below(3)])
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
            try refused()
        }
        world.files.mend()
        isMarkBehind = true
    }

    /// After a commit that was refused: nobody is told of it, now or later.
    private mutating func refused() throws {
        guard journal.end.rawValue == UInt64(model.end) else {
            throw Failure(description: "a refused commit was published")
        }
        guard !generator.oneIn(3) else { return try restart(.powerCut) }
        number += 1
        let drafts = [Draft(try .message(run: "a", content: "in its place \(number)"))]
        let expected = model.submitting(drafts)
        do {
            try check(try journal.appendNow(drafts), expected)
        } catch let error as JournalError {
            guard error.code == .diskFull else { throw error }
        }
    }

    /// Commits on a disk that is full for a while: each is recorded or refused, and it heals.
    mutating func fillDisk() throws {
        hasFailed = true
        world.files.capacity = world.files.used + generator.below(3000)
        trace.append("a full disk at \(model.end)")
        for _ in 0..<1 + generator.below(4) {
            let drafts = try drafts()
            let expected = model.submitting(drafts)
            do {
                let receipt = try journal.appendNow(drafts, atomically: generator.oneIn(2))
                try check(receipt, expected)
            } catch let error as JournalError {
                guard error.code == .diskFull else { throw error }
                world.files.capacity = nil
                try refused()
                break
            }
        }
        world.files.capacity = nil
        isMarkBehind = true
        try append()
    }

    /// A read in which a call fails is told, and nothing is lost by it.
    mutating func failReading() throws {
        world.files.failReads(after: generator.below(3), count: 1 + generator.below(2))
        defer { world.files.mend() }
        do {
            if generator.oneIn(2) { try read(journal) } else { try readBack(journal) }
        } catch let error as JournalError {
            guard error.code == .io else { throw error }
        }
    }
}
