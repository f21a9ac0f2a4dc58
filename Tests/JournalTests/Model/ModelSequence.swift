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
    let directory: String
    /// Keeps a catalog, and does to it what can happen to one; nil for none.
    var catalog: CatalogAbuse?
    let options: Journal.Options
    var journal: Journal
    var model = JournalModel()
    var published = Locked<[Record]>([])
    let gate = Gate()
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

    /// How often it was ended without a stop.
    var crashes = Crashes()
    let isRough: Bool

    /// A sequence that crashes now and then, or at every third operation if `isRough`; on a disk
    /// that does all of `lies`; with a catalog if the real directory for one is given.
    init(
        seed: UInt64, isRough: Bool = false, removes: Bool = false, lies: Set<DiskLie> = [],
        catalog: String? = nil
    ) throws {
        self.removes = removes
        generator = SplitMix64(seed: seed)
        self.isRough = isRough
        world = TestWorld(seed: seed, keepsCatalog: catalog != nil)
        directory = catalog ?? "journal"
        self.catalog = catalog.map { CatalogAbuse($0) }
        world.files.lies = lies
        if generator.oneIn(2) { world.files.writeBack(seed: seed) }
        options = Journal.Options(
            durability: generator.oneIn(4) ? .os : .durable,
            segmentBytesMax: 400 << generator.below(5))
        trace.append("\(options.durability)")
        journal = try world.open(directory, options)
        observe()
    }

    /// Runs `count` operations and a last stop.
    mutating func run(_ count: Int) throws {
        for _ in 0..<count {
            if removes, generator.oneIn(20) { try remove() }
            try perform(ModelOperation.draw(isRough: isRough, using: &generator))
        }
        try restart(.stop)
        try journal.close()
    }

    func observe() {
        journal.observe { [published, gate] publication in
            published.withLock { $0 += publication.records }
            gate.pass()
        }
    }

    mutating func perform(_ operation: ModelOperation) throws {
        switch operation {
        case .append: try append()
        case .burst: try burst()
        case .read: try read(journal)
        case .readBack: try readBack(journal)
        case .readView: try readView()
        case .resolveIDs: try resolveIDs()
        case .checkRuns: try checkRuns()
        case .stop: try restart(.stop)
        case .kill: try restart(.kill)
        case .cutPower: try restart(.powerCut)
        case .failAndRestart: try failAndRestart()
        case .failOnce: try failOnce()
        case .failReading: try failReading()
        case .fillDisk: try fillDisk()
        case .wait: world.clock.advance(microseconds: generator.below(3_000_000))
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

    /// Several submissions of events that no other can depend on, of which all but the first are
    /// one commit: they queue up while the first is published.
    mutating func burst() throws {
        let answers = Locked<[Result<Receipt, JournalError>]>([])
        var all: [Draft] = []
        for _ in 0..<2 + generator.below(4) {
            number += 1
            let run = ModelSequence.runs[generator.below(4)]
            all.append(Draft(try .message(run: run.name, content: "burst \(number)")))
        }
        let expected = model.submitting(all)
        gate.close()
        for (place, draft) in all.dropLast().enumerated() {
            journal.submit([draft]) { result in answers.withLock { $0.append(result) } }
            if place == 0, !gate.waitUntilReached() {
                throw Failure(description: "a submission was not published")
            }
        }
        let journal = journal
        let gate = gate
        let last = try journal.appendNow([all[all.count - 1]]) { gate.open() }
        let receipts = try answers.withLock { $0 }.map { try $0.get() }
        guard receipts.count == all.count - 1 else {
            throw Failure(description: "submissions were not answered in order")
        }
        isMarkBehind = false
        try check(
            Receipt(
                ids: receipts.flatMap(\.ids) + last.ids, appended: all.count, duplicates: 0),
            expected)
    }
}
