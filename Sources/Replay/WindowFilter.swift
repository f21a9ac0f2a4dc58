package import Journal

/// Tells, record by record in order of offset, what lies within a window.
package struct WindowFilter: Sendable {
    /// What is to be done with a record.
    package enum Verdict: Hashable, Sendable {
        /// It lies before the window.
        case skip
        /// It lies within.
        case play
        /// It lies behind the window, as does all that follows.
        case end
    }

    private enum State {
        /// The window's start has not been reached. Goes to `open` or `ended`.
        case before
        /// Within the window. Goes to `ended`.
        case open
        /// Behind the window. Stays.
        case ended
    }

    private let window: ReplayWindow
    private var state: State
    /// Gaps before the window's first record: whether they matter, the next record tells.
    private var heldGaps: [ReadPage.Item] = []

    /// A filter that has seen nothing.
    package init(_ window: ReplayWindow) {
        self.window = window
        state = window.start == .beginning ? .open : .before
    }

    /// Whether nothing that follows can lie within.
    package var isEnded: Bool { state == .ended }

    /// Judges the next record.
    package mutating func judge(_ record: Record) -> Verdict {
        if state == .before, opens(at: record) { state = .open }
        if state != .ended, closes(at: record) { state = .ended }
        return switch state {
        case .before: .skip
        case .open: .play
        case .ended: .end
        }
    }

    /// The items among `items` that lie within, in order.
    ///
    /// A gap is told unless it is certain that nothing within the window is missing there: unless
    /// the record after it still lies before the window, or it begins behind the window.
    package mutating func admit(_ items: [ReadPage.Item]) -> [ReadPage.Item] {
        if admitsWhole(items) { return items }
        var admitted: [ReadPage.Item] = []
        for item in items {
            switch item {
            case .record(let record):
                switch judge(record) {
                case .skip:
                    heldGaps = []
                case .play:
                    admitted += heldGaps
                    heldGaps = []
                    admitted.append(item)
                case .end:
                    return admitted + end()
                }
            case .gap(let gap):
                if reachesEnd(gap.range.lowerBound) { return admitted + end() }
                switch state {
                case .before: heldGaps.append(item)
                case .open: admitted.append(item)
                case .ended: return admitted
                }
            }
        }
        return admitted
    }

    /// Learns that all up to `cursor` has been read: ends if the window does.
    package mutating func pass(_ cursor: Cursor) -> [ReadPage.Item] {
        reachesEnd(cursor.next) ? end() : []
    }

    /// Ends, and returns the gaps that were held until now.
    package mutating func end() -> [ReadPage.Item] {
        state = .ended
        defer { heldGaps = [] }
        return heldGaps
    }

    /// Whether `items` are certain to lie within, without a look at each.
    private func admitsWhole(_ items: [ReadPage.Item]) -> Bool {
        guard state == .open, let last = items.last else { return false }
        switch window.end {
        case .never:
            return true
        case .before(let offset):
            return switch last {
            case .record(let record): record.offset < offset
            case .gap(let gap): gap.range.upperBound < offset
            }
        case .at:
            return false
        }
    }

    private func opens(at record: Record) -> Bool {
        switch window.start {
        case .beginning: true
        case .after(let cursor): record.offset >= cursor.next
        case .at(let time): record.recordedAt >= time
        }
    }

    private func closes(at record: Record) -> Bool {
        switch window.end {
        case .never: false
        case .before(let offset): record.offset >= offset
        case .at(let time): state == .open && record.recordedAt >= time
        }
    }

    /// Whether everything from `offset` on lies behind the window.
    private func reachesEnd(_ offset: Offset) -> Bool {
        switch window.end {
        case .never, .at: false
        case .before(let end): offset >= end
        }
    }
}
