@testable import Journal
import TestSupport

/// One seeded sequence of operations on a journal and on its model.
struct ModelSequence {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static let runs = ["a", "b", "c", "d"].compactMap { RunID($0) }
    var generator: SplitMix64
    let world: TestWorld
    let options: Journal.Options
    var journal: Journal
    var model = JournalModel()
    var published = Locked<[Record]>([])
    /// Ids that were given out, and what they named.
    var given: [(id: EventID, record: Record)] = []
    /// Submissions that failed: what of them a start may find.
    var pending: [JournalModel.Expected] = []
    var number = 0
    var past: [Draft] = []
    /// Whether the last commit could not be told to other processes.
    var isMarkBehind = false
    /// Whether a call has failed since the last start.
    var hasFailed = false
    /// Whether runs are deleted and old records taken by retention, too.
    let removes: Bool
    /// Runs that retention spares.
    var pins: Set<RunID> = []
    /// The removal during which the disk went away.
    var interrupted: Removing?
    /// What was done, for the message of a failure.
    var trace: [String] = []

    init(seed: UInt64, removes: Bool = false) throws {
        self.removes = removes
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
        try journal.close()
    }

    func observe() {
        journal.observe { [published] publication in
            published.withLock { $0 += publication.records }
        }
    }

    mutating func step() throws {
        if removes, generator.oneIn(20) { try remove() }
        let choice = generator.below(100)
        switch choice {
        case 0..<48: try append()
        case 48..<52: try burst()
        case 52..<76: try read(journal)
        case 76..<80: try readBack(journal)
        case 80..<81: try readView()
        case 81..<90: try resolveIDs()
        case 90..<93: try checkRuns()
        case 93..<95: try restart(.stop)
        case 95..<96: try restart(.kill)
        case 96..<97: try restart(.powerCut)
        case 97..<98: try failAndRestart()
        case 98: try failOnce()
        default: world.clock.advance(microseconds: generator.below(3_000_000))
        }
    }

    // MARK: Writing

    mutating func draft() throws -> Draft {
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

    mutating func drafts() throws -> [Draft] {
        let count = generator.oneIn(20) ? generator.below(30) : 1 + generator.below(4)
        return try (0..<count).map { _ in try draft() }
    }

    mutating func append() throws {
        let drafts = try drafts()
        let expected = model.submitting(drafts)
        if generator.oneIn(3) { world.clock.advance(microseconds: generator.below(5000)) }
        let receipt = try journal.appendNow(drafts, atomically: generator.oneIn(2))
        // A commit that publishes nothing new leaves the mark as it is.
        if receipt.appended > 0 { isMarkBehind = false }
        try check(receipt, expected)
    }

    mutating func check(
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
    mutating func burst() throws {
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
}
