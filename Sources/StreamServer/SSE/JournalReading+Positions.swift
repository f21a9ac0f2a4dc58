import Journal
import Replay

/// A replay's player, wound to its first record.
struct WoundReplay: Sendable {
    var player: Player
    /// Just before the first record; the end where there is none.
    var cursor: Cursor
    /// Where to read on.
    var next: Cursor
    /// Whether the window holds nothing.
    var isEmpty: Bool
}

extension JournalReading {
    /// Bytes that are read from the journal at a time.
    static var pageBytes: Int { FramedPage.bytesMax }

    /// Reads until `plan` has a first record, or until it is plain that it has none.
    ///
    /// The clock, which shows `clockNanoseconds`, starts at `seen`, the record that a viewer who
    /// comes back saw last. A replay that goes on live is not over at what is there now.
    func wind(
        _ plan: ReplayPlan, resumingAfter seen: Record? = nil, clockNanoseconds: UInt64,
        goesLive: Bool = false
    ) throws(JournalError) -> WoundReplay {
        var player = Player(plan)
        if let seen { player.resume(after: seen, now: clockNanoseconds) }
        var cursor = plan.window.cursor
        while true {
            let page = try read(plan.selection, from: cursor, bytesMax: Self.pageBytes)
            player.offer(page)
            cursor = page.cursor
            let isDone = page.isAtEnd && (page.items.isEmpty || !goesLive)
            if isDone, !player.isClosed { player.close() }
            if let first = player.firstOffset {
                return WoundReplay(
                    player: player, cursor: Cursor(next: first), next: cursor, isEmpty: false)
            }
            if player.isClosed {
                return WoundReplay(player: player, cursor: cursor, next: cursor, isEmpty: true)
            }
        }
    }

    /// Where a reader stands before the last `count` records of the selected runs.
    func cursor(beforeLast count: Int, of selection: Selection) throws(JournalError) -> Cursor {
        guard count > 0, let extent = try extent(of: selection) else { return Cursor(next: end) }
        if case .run(let run) = selection { return try cursor(beforeLast: count, of: run, extent) }
        var distance = UInt64(max(4 * count, 1024))
        while true {
            let span = extent.last.rawValue - extent.first.rawValue
            let start = Cursor(next: Offset(rawValue: extent.last.rawValue - min(distance, span)))
            var found: [Offset] = []
            var cursor = start
            while true {
                let page = try read(selection, from: cursor, bytesMax: Self.pageBytes)
                found += page.records.map(\.offset)
                cursor = page.cursor
                if page.isAtEnd { break }
            }
            if found.count >= count { return Cursor(next: found[found.count - count]) }
            if distance >= span { return start }
            distance *= 4
        }
    }

    /// The same for one run, by its seqs: a search by halves.
    private func cursor(beforeLast count: Int, of run: RunID, _ extent: Extent)
        throws(JournalError) -> Cursor
    {
        let last = try seq(of: run, at: Cursor(after: extent.last)).rawValue
        guard last > UInt64(count) else { return Cursor(next: extent.first) }
        let wanted = last - UInt64(count)
        var low = extent.first.rawValue
        var high = extent.last.rawValue
        while low < high {
            let middle = low + (high - low) / 2
            let cursor = Cursor(after: Offset(rawValue: middle))
            if try seq(of: run, at: cursor).rawValue >= wanted {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return Cursor(after: Offset(rawValue: low))
    }
}
