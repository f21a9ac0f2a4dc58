@testable import Journal
import TestSupport

/// One seeded sequence of operations on a journal and on its model.
struct ModelSequence {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let runs = ["a", "b", "c", "d"].compactMap { RunID($0) }
    private var generator: SplitMix64
    private let world: TestWorld
    private let options: Journal.Options
    private var journal: Journal
    private var model = JournalModel()
    private var published = Locked<[Record]>([])
    /// Ids that were given out, and what they named.
    private var given: [(id: EventID, record: Record)] = []
    /// Submissions that failed: what of them a start may find.
    private var pending: [JournalModel.Expected] = []
    private var number = 0
    private var past: [Draft] = []
    /// Whether the last commit could not be told to other processes.
    private var isMarkBehind = false
    /// Whether a call has failed since the last start.
    private var hasFailed = false
    /// What was done, for the message of a failure.
    private(set) var trace: [String] = []

    init(seed: UInt64) throws {
        generator = SplitMix64(seed: seed)
        world = TestWorld(seed: seed)
        options = Journal.Options(
            durability: generator.oneIn(4) ? .os : .durable,
            segmentBytesMax: 400 << generator.below(5))
        journal = try world.open("journal", options)
        observe()
    }

    /// Runs `count` operations and a last stop.
    mutating func run(_ count: Int) throws {
        for _ in 0..<count { try step() }
        try restart(.stop)
    }

    private func observe() {
        journal.observe { [published] publication in
            published.withLock { $0 += publication.records }
        }
    }

    private mutating func step() throws {
        let choice = generator.below(100)
        switch choice {
        case 0..<48: try append()
        case 48..<52: try burst()
        case 52..<78: try read(journal)
        case 78..<80: try readView()
        case 80..<88: try resolveIDs()
        case 88..<91: try checkRuns()
        case 91..<94: try restart(.stop)
        case 94..<95: try restart(.kill)
        case 95..<96: try restart(.powerCut)
        case 96..<98: try failAndRestart()
        case 98: try failOnce()
        default: world.clock.advance(microseconds: generator.below(3_000_000))
        }
    }

    // MARK: Writing

    private mutating func draft() throws -> Draft {
        if !past.isEmpty, generator.oneIn(6) { return past[generator.below(past.count)] }
        number += 1
        let run = ModelSequence.runs[generator.below(ModelSequence.runs.count)].name
        let thread = "t\(generator.below(6))"
        let content =
            generator.oneIn(1500)
            ? (0..<9000).map { _ in String(generator.next(), radix: 36) }.joined()
            : String(repeating: "word ", count: generator.below(12)) + "\(number)"
        let event: Event
        switch generator.below(8) {
        case 0: event = try .message(thread: thread, content: content)
        case 1: event = try .message(thread: thread, id: "m\(number)", content: content)
        case 2: event = try .thread(thread, run: run)
        case 3: event = try .message(run: run, thread: thread, content: content)
        case 4, 5: event = try .message(run: run, id: "m\(number % 9)", content: content)
        default: event = try .message(run: run, content: content)
        }
        var draft = Draft(event)
        if generator.oneIn(8) { draft.key = UInt64(generator.below(5)) }
        if generator.oneIn(8) {
            draft.eventTime = Timestamp(microseconds: Int64(generator.below(1 << 40)))
        }
        if generator.oneIn(10) {
            draft.origin = EventID(
                epoch: Epoch("elsewher"), offset: Offset(rawValue: UInt64(generator.below(50))))
        }
        past.append(draft)
        return draft
    }

    private mutating func drafts() throws -> [Draft] {
        let count = generator.oneIn(10) ? generator.below(30) : 1 + generator.below(4)
        return try (0..<count).map { _ in try draft() }
    }

    private mutating func append() throws {
        isMarkBehind = false
        let drafts = try drafts()
        let expected = model.submitting(drafts)
        if generator.oneIn(3) { world.clock.advance(microseconds: generator.below(5000)) }
        let receipt = try journal.appendNow(drafts, atomically: generator.oneIn(2))
        try check(receipt, expected)
    }

    private mutating func check(
        _ receipt: Receipt, _ expected: (offsets: [Int], records: [JournalModel.Expected])
    ) throws {
        let actual = published.withLock { published in
            defer { published = [] }
            return published
        }
        guard actual.count == expected.records.count else {
            throw Failure(
                description: "\(actual.count) records were published, not "
                    + "\(expected.records.count): "
                    + (model.firstDifference(expected.records, actual) ?? ""))
        }
        if let problem = model.take(expected.records, actual) {
            throw Failure(description: problem)
        }
        guard receipt.ids.map({ Int($0.offset.rawValue) }) == expected.offsets else {
            throw Failure(description: "the ids are \(receipt.ids), not \(expected.offsets)")
        }
        guard receipt.appended + receipt.duplicates == receipt.ids.count else {
            throw Failure(description: "the receipt does not add up: \(receipt)")
        }
        if let id = receipt.lastID, let record = model.records[Int(id.offset.rawValue)] {
            given.append((id, record))
        }
    }

    /// Several submissions without waiting, of events that no other can depend on.
    private mutating func burst() throws {
        let answers = Locked<[Result<Receipt, JournalError>]>([])
        var last: Receipt?
        var expected: (offsets: [Int], records: [JournalModel.Expected]) = ([], [])
        var all: [Draft] = []
        for _ in 0..<4 {
            number += 1
            let run = ModelSequence.runs[generator.below(4)]
            all.append(Draft(try .message(run: run.name, content: "burst \(number)")))
        }
        expected = model.submitting(all)
        for draft in all.dropLast() {
            journal.submit([draft]) { result in answers.withLock { $0.append(result) } }
        }
        last = try journal.appendNow([all[3]])
        let receipts = try answers.withLock { $0 }.map { try $0.get() }
        guard let last, receipts.count == 3 else {
            throw Failure(description: "submissions were not answered in order")
        }
        try check(
            Receipt(
                ids: receipts.flatMap(\.ids) + last.ids, appended: 4, duplicates: 0), expected)
    }

    // MARK: Ends

    private enum End {
        case stop, kill, powerCut
    }

    private mutating func restart(_ end: End) throws {
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
        try recover(mayLose: options.durability == .os && end == .powerCut)
        if journal.epochs.current != oldEpochs.current, before.end == model.end,
            end == .stop, !hasFailed
        {
            throw Failure(
                description: "the epoch forked after an orderly stop: \(journal.recovery.findings)")
        }
        pending = []
        hasFailed = false
    }

    private mutating func recover(mayLose: Bool) throws {
        let end = Int(journal.end.rawValue)
        guard mayLose || (model.end...model.end + pending.count).contains(end) else {
            throw Failure(description: "the journal ends at \(end) after a start")
        }
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

    private func readEverything(_ journal: some JournalReading) throws -> [ReadPage.Item] {
        try journal.readAll(.all) + journal.readAll(.run(.unassigned))
    }

    /// A commit in which the disk goes away at some call, then an end.
    private mutating func failAndRestart() throws {
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
    private mutating func failOnce() throws {
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

    // MARK: Reading

    private mutating func selection() -> Selection {
        switch generator.below(5) {
        case 0: .all
        case 1: .run(.unassigned)
        case 2: .runs(Set(ModelSequence.runs.shuffled(using: &generator).prefix(2)))
        default: .run(ModelSequence.runs[generator.below(4)])
        }
    }

    private mutating func read(_ journal: some JournalReading) throws {
        let selection = selection()
        var cursor = Cursor(next: Offset(rawValue: UInt64(generator.below(model.end + 1))))
        let bytesMax = 1 << generator.below(14)
        for _ in 0..<1 + generator.below(12) {
            let page = try journal.read(selection, from: cursor, bytesMax: bytesMax)
            try check(page, selection, from: cursor)
            guard page.cursor > cursor || page.isAtEnd else {
                throw Failure(description: "a page does not move its cursor")
            }
            cursor = page.cursor
            if page.isAtEnd { break }
        }
    }

    private func check(_ page: ReadPage, _ selection: Selection, from cursor: Cursor) throws {
        let (start, end) = (Int(cursor.next.rawValue), Int(page.cursor.next.rawValue))
        guard start <= end, end <= model.end, page.isAtEnd == (end == model.end) else {
            throw Failure(
                description: "a page from \(start) leads to \(end) of \(model.end), "
                    + "isAtEnd \(page.isAtEnd)")
        }
        let slice = model.records[start..<end]
        let expected = slice.compactMap { $0 }.filter { selection.contains($0.run) }
        guard page.records == expected else {
            throw Failure(
                description: "\(selection) from \(start) to \(end) has offsets "
                    + "\(page.records.map(\.offset.rawValue)), not "
                    + "\(expected.map(\.offset.rawValue))")
        }
        for gap in page.items.gaps {
            let range = Int(gap.range.lowerBound.rawValue)...Int(gap.range.upperBound.rawValue)
            guard model.records[range].contains(where: { $0 == nil }) else {
                throw Failure(description: "a gap is told where nothing is missing: \(gap)")
            }
        }
        if slice.contains(where: { $0 == nil }), case .all = selection, page.items.gaps.isEmpty {
            throw Failure(description: "a gap between \(start) and \(end) is not told")
        }
    }

    private mutating func readView() throws {
        // What was refused or is not published yet shows to nobody.
        let view = try world.view()
        let end = Int(view.end.rawValue)
        guard end == model.end || (isMarkBehind && end < model.end) else {
            throw Failure(description: "a view ends at \(end), not \(model.end)")
        }
        guard view.epochs == journal.epochs else {
            throw Failure(description: "a view has other epochs")
        }
        if end == model.end { try read(view) }
    }

    private mutating func resolveIDs() throws {
        for _ in 0..<min(given.count, 4) {
            let (id, record) = given[generator.below(given.count)]
            let place = Int(id.offset.rawValue)
            let now = place < model.end ? model.records[place] : nil
            switch journal.epochs.resolve(id, end: journal.end) {
            case .exact(let cursor):
                guard now == nil || now == record, place < model.end,
                    cursor == Cursor(after: id.offset)
                else {
                    throw Failure(description: "\(id) names another record now")
                }
            case .unknownEpoch, .ahead:
                guard now != record else {
                    throw Failure(description: "\(id) is not known, and its record stands")
                }
            }
        }
    }

    private mutating func checkRuns() throws {
        let infos = journal.runs(limit: 100, before: nil, matching: nil)
        for run in ModelSequence.runs + [.unassigned] {
            let count = model.count(of: run)
            let info = infos.first { $0.run == run }
            guard Int(info?.events ?? 0) == count, journal.run(run)?.events == info?.events else {
                throw Failure(
                    description: "\(run) has \(info?.events ?? 0) events, not \(count)")
            }
            let offset = generator.below(model.end + 1)
            let seq = try journal.seq(
                of: run, at: Cursor(next: Offset(rawValue: UInt64(offset))))
            guard seq.rawValue == model.lastSeq(of: run, before: offset) else {
                throw Failure(
                    description: "the seq of \(run) at \(offset) is \(seq.rawValue), not "
                        + "\(model.lastSeq(of: run, before: offset))")
            }
        }
    }
}
