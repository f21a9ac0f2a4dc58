import Journal
import Replay
import Testing

@Suite("Windows")
struct ReplayWindowTests {
    private struct UnknownEpoch: Error {}

    /// What a window between two positions plays of records at such stamps.
    private func played(
        _ stamps: [Int64], from: String? = nil, until: String? = nil
    ) throws -> [Int] {
        let source = ListSource(records(at: stamps))
        let plan = try ReplayPlan(
            selection: .all, from: from.map { try PlaybackPosition(parsing: $0) },
            until: until.map { try PlaybackPosition(parsing: $0) }, source: source
        ) { Cursor(after: $0.offset) }
        var filter = WindowFilter(plan.window)
        let admitted = filter.admit(source.items)
        #expect(admitted.count == countByVerdict(plan.window, source.items))
        return short(admitted)
    }

    /// How many records are played by the verdicts alone, which must be skips, plays, ends.
    private func countByVerdict(_ window: ReplayWindow, _ items: [ReadPage.Item]) -> Int {
        var filter = WindowFilter(window)
        let verdicts = page(items).records.map { filter.judge($0) }
        let order: [WindowFilter.Verdict] = [.skip, .play, .end]
        let ranks = verdicts.compactMap { order.firstIndex(of: $0) }
        #expect(ranks == ranks.sorted())
        return verdicts.count { $0 == .play }
    }

    private let tenths: [Int64] = (0...10).map { $0 * 1_000_000 }

    @Test("without bounds everything is played")
    func everything() throws {
        #expect(try played(tenths) == Array(0...10))
    }

    @Test("an id is exclusive as the start and inclusive as the end")
    func ids() throws {
        #expect(try played(tenths, from: "3") == Array(4...10))
        #expect(try played(tenths, until: "3") == Array(0...3))
        #expect(try played(tenths, from: "3", until: "6") == [4, 5, 6])
        #expect(try played(tenths, from: "3", until: "3") == [])
        #expect(try played(tenths, from: "6", until: "3") == [])
        #expect(try played(tenths, from: "18446744073709551615") == Array(0...10))
        #expect(try played(tenths, until: "18446744073709551615") == [])
        #expect(try played(tenths, from: "99") == [])
    }

    @Test("a time is inclusive as the start and exclusive as the end")
    func times() throws {
        let third = moment(3_000_000).description
        let sixth = moment(6_000_000).description
        #expect(try played(tenths, from: third) == Array(3...10))
        #expect(try played(tenths, until: third) == [0, 1, 2])
        #expect(try played(tenths, from: third, until: sixth) == [3, 4, 5])
        #expect(try played(tenths, from: third, until: third) == [])
        #expect(try played(tenths, from: sixth, until: third) == [])
        #expect(try played(tenths, from: moment(3_000_001).description) == Array(4...10))
    }

    @Test("seconds count from the earliest record, as a time")
    func seconds() throws {
        #expect(try played(tenths, from: "2s", until: "4s") == [2, 3])
        #expect(try played(tenths, from: "2.000001s", until: "4.000001s") == [3, 4])
        #expect(try played(tenths, from: "0s", until: "0s") == [])
        #expect(try played(tenths, from: "11s") == [])
        #expect(try played(tenths, until: "5000000000h") == Array(0...10))
    }

    @Test("percent count from the earliest to the latest record, and 100 % is the end itself")
    func percent() throws {
        #expect(try played(tenths, from: "20%", until: "40%") == [2, 3])
        #expect(try played(tenths, from: "0%", until: "100%") == Array(0...10))
        #expect(try played(tenths, from: "100%") == [10])
        #expect(try played(tenths, until: "99.999999%") == Array(0...9))
        #expect(try played(tenths, from: "15%", until: "25%") == [2])
    }

    @Test("kinds of positions can be mixed")
    func mixed() throws {
        #expect(try played(tenths, from: "3", until: "80%") == [4, 5, 6, 7])
        #expect(try played(tenths, from: "20%", until: "4") == [2, 3, 4])
        #expect(try played(tenths, from: "8s", until: "4") == [])
    }

    @Test("where stamps go back, the first record that is not before the time marks the place")
    func stampsGoBack() throws {
        let stamps: [Int64] = [0, 5, 1, 2, 9, 3, 4, 12].map { $0 * 1_000_000 }
        #expect(try played(stamps, from: "4s") == Array(1...7))
        #expect(try played(stamps, until: "4s") == [0])
        #expect(try played(stamps, from: "4s", until: "9s") == [1, 2, 3])
        #expect(try played(stamps, from: "2", until: "5s") == [3])
        #expect(try played(stamps, from: "6s", until: "8s") == [])
    }

    @Test("where the latest record is before the earliest, any percentage is the start")
    func lastBeforeFirst() throws {
        let stamps: [Int64] = [9, 5, 1].map { $0 * 1_000_000 }
        #expect(try played(stamps, from: "50%") == [0, 1, 2])
        #expect(try played(stamps, until: "50%") == [])
        #expect(try played(stamps, until: "100%") == [0, 1, 2])
    }

    @Test("equal stamps stay together")
    func equalStamps() throws {
        let stamps: [Int64] = [0, 1, 1, 1, 2].map { $0 * 1_000_000 }
        #expect(try played(stamps, from: "1s") == [1, 2, 3, 4])
        #expect(try played(stamps, until: "1s") == [0])
        #expect(try played(stamps, from: "1s", until: "2s") == [1, 2, 3])
    }

    @Test("of one record, a window has it or not")
    func oneRecord() throws {
        #expect(try played([0]) == [0])
        #expect(try played([0], from: "0%") == [0])
        #expect(try played([0], from: "100%", until: "100%") == [0])
        #expect(try played([0], until: "50%") == [])
        #expect(try played([0], from: "0") == [])
        #expect(try played([0], until: "0") == [0])
    }

    @Test("of no records, every window is empty")
    func noRecords() throws {
        for position in ["5", "2s", "40%", start.description] {
            #expect(try played([], from: position) == [])
            #expect(try played([], until: position) == [])
        }
    }

    @Test("an id that cannot be resolved fails the plan")
    func unresolvedID() {
        #expect(throws: UnknownEpoch.self) {
            try ReplayPlan(
                selection: .all, from: .id(EventID(epoch: nil, offset: .zero)),
                source: ListSource([])
            ) { _ in throw UnknownEpoch() }
        }
    }

    @Test("a plan that is resumed starts behind the cursor and ends where it did")
    func resumed() throws {
        let plan = try ReplayPlan(
            selection: .all, from: PlaybackPosition(parsing: "20%"),
            until: PlaybackPosition(parsing: "60%"), source: ListSource(records(at: tenths))
        ) { Cursor(after: $0.offset) }
        var filter = WindowFilter(
            plan.resumed(at: Cursor(after: Offset(rawValue: 3))).window)
        #expect(short(filter.admit(records(at: tenths))) == [4, 5])
        #expect(filter.isEnded)
    }

    @Test("stamps at the ends of time do not overflow")
    func extremes() throws {
        let wild = [Int64.min, Int64.max, 0].map {
            Timestamp(microseconds: $0)
        }
        for first in wild {
            for last in wild {
                let extent = Extent(first: .zero, last: .zero, firstAt: first, lastAt: last)
                for position in [
                    PlaybackPosition.percent(millionths: 99_999_999),
                    .elapsed(PlaybackDuration(microseconds: .max)),
                ] {
                    let window = ReplayWindow(
                        from: position, until: position, extent: extent
                    ) { Cursor(after: $0.offset) }
                    guard case .at(let time) = window.start else {
                        Issue.record("not a time")
                        continue
                    }
                    #expect(time >= first)
                }
            }
        }
    }
}
