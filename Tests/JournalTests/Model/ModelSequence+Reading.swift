@testable import Journal
import TestSupport

extension ModelSequence {
    mutating func selection() -> Selection {
        switch generator.below(6) {
        case 0: .all
        case 1: .everything
        case 2: .run(.unassigned)
        case 3: .runs(Set(ModelSequence.runs.shuffled(using: &generator).prefix(2)))
        default: .run(ModelSequence.runs[generator.below(4)])
        }
    }

    mutating func read(_ journal: some JournalReading) throws {
        let selection = selection()
        var cursor = Cursor(next: Offset(rawValue: UInt64(generator.below(model.end + 1))))
        let bytesMax = 1 << generator.below(14)
        for _ in 0..<1 + generator.below(6) {
            let page = try journal.read(selection, from: cursor, bytesMax: bytesMax)
            try check(page, selection, from: cursor)
            guard page.cursor > cursor || page.isAtEnd else {
                throw Failure(description: "a page does not move its cursor")
            }
            cursor = page.cursor
            if page.isAtEnd { break }
        }
    }

    func check(_ page: ReadPage, _ selection: Selection, from cursor: Cursor) throws {
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
        let told = cursor.told.map { Int($0.rawValue) } ?? start
        let mayMiss = (start..<end).contains { place in
            guard model.records[place] == nil else { return false }
            guard let run = model.removed[place] else { return selection.named == nil }
            return selection.contains(run) && (place >= told || model.erased.contains(place))
        }
        if mayMiss, page.items.gaps.isEmpty {
            throw Failure(
                description: "a gap between \(start) and \(end) is not told to \(selection): "
                    + (start..<end).map { model.removed[$0]?.name ?? "-" }.joined())
        }
    }

    /// The last records before a place, of those that have no event time or of all.
    mutating func readBack(_ journal: some JournalReading) throws {
        let start = generator.below(model.end + 2)
        let count = generator.below(40)
        let bytesMax = 1 << generator.below(16)
        let isPicky = generator.oneIn(2)
        func isWanted(_ record: Record) -> Bool { !isPicky || record.eventTime == nil }
        let found = try journal.last(
            count, before: Cursor(next: Offset(rawValue: UInt64(start))), bytesMax: bytesMax,
            scanBytesMax: .max, where: isWanted)
        var expected: [Record] = []
        var bytes = 0
        for case let record? in model.records.prefix(start).reversed() where isWanted(record) {
            bytes += record.data.count
            guard expected.count < count, expected.isEmpty || bytes <= bytesMax else { break }
            expected.append(record)
        }
        guard found == expected.reversed() else {
            throw Failure(
                description: "the last \(count) before \(start) have offsets "
                    + "\(found.map(\.offset.rawValue)), not "
                    + "\(expected.reversed().map(\.offset.rawValue))")
        }
    }

    mutating func readView() throws {
        // What was refused or is not published yet shows to nobody.
        let view = try world.view(directory)
        let end = Int(view.end.rawValue)
        guard end == model.end || (isMarkBehind && end < model.end) else {
            throw Failure(description: "a view ends at \(end), not \(model.end)")
        }
        guard view.epochs == journal.epochs else {
            throw Failure(description: "a view has other epochs")
        }
        if end == model.end { try read(view) }
    }

    mutating func resolveIDs() throws {
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

    mutating func checkRuns() throws {
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
            let isExact = !model.hasLosses && !model.removed.values.contains(run)
            guard !isExact || seq.rawValue == model.lastSeq(of: run, before: offset) else {
                throw Failure(
                    description: "the seq of \(run) at \(offset) is \(seq.rawValue), not "
                        + "\(model.lastSeq(of: run, before: offset))")
            }
        }
    }
}
