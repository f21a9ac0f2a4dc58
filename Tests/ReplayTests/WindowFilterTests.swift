import Journal
import Replay
import Testing

@Suite("Gaps at the edges of a window")
struct WindowFilterTests {
    private func filter(
        _ start: ReplayWindow.Start, _ end: ReplayWindow.End = .never
    ) -> WindowFilter {
        WindowFilter(ReplayWindow(start: start, end: end))
    }

    @Test("a gap is told where the window may begin in it")
    func gapBeforeFirst() {
        var filter = filter(.at(moment(5)))
        #expect(short(filter.admit([.record(record(0, at: 0)), gap(1...3)])) == [])
        #expect(short(filter.admit([.record(record(4, at: 5))])) == [-1, 4])
    }

    @Test("a gap is not told where the record after it still lies before the window")
    func gapBeforeSkipped() {
        var filter = filter(.at(moment(5)))
        #expect(short(filter.admit([gap(1...3), .record(record(4, at: 4))])) == [])
        #expect(short(filter.admit([.record(record(5, at: 5)), gap(6...7)])) == [5, -6])
        #expect(filter.end().isEmpty)
    }

    @Test("a gap after the last record is told, for the window may have begun in it")
    func gapAtTheEnd() {
        var filter = filter(.at(moment(5)))
        #expect(short(filter.admit([.record(record(0, at: 0)), gap(1...3)])) == [])
        #expect(short(filter.end()) == [-1])
        #expect(filter.isEnded)
    }

    @Test("a gap is told if it begins before the window's end")
    func gapAcrossTheEnd() {
        var across = filter(.beginning, .before(Offset(rawValue: 3)))
        #expect(short(across.admit([.record(record(0, at: 0)), gap(2...9)])) == [0, -2])
        #expect(!across.isEnded)
        #expect(across.pass(Cursor(after: Offset(rawValue: 9))).isEmpty)
        #expect(across.isEnded)
        var behind = filter(.beginning, .before(Offset(rawValue: 3)))
        #expect(short(behind.admit([.record(record(0, at: 0)), gap(3...9)])) == [0])
        #expect(behind.isEnded)
    }

    @Test("a filter ends once all up to its end has been read, though no record came")
    func passesToTheEnd() {
        var filter = filter(.beginning, .before(Offset(rawValue: 3)))
        _ = filter.pass(Cursor(next: Offset(rawValue: 2)))
        #expect(!filter.isEnded)
        _ = filter.pass(Cursor(next: Offset(rawValue: 3)))
        #expect(filter.isEnded)
        #expect(filter.admit([.record(record(3, at: 0))]).isEmpty)
    }
}
