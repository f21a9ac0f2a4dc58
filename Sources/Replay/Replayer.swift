package import Journal

/// Plays records into a sink, in a task: what `tapedeck replay` runs.
///
/// The next page is read while one is played; more is never read ahead.
package struct Replayer<Source: RecordSource, Clock: ReplayClock>: Sendable {
    /// About how many bytes of data a page has.
    private static var pageBytesMax: Int { 256 << 10 }

    private let plan: ReplayPlan
    private let loops: Bool
    private let clock: Clock
    private let reader: RecordReader<Source>

    /// A replay of `plan` from `source`, once, or over and over again.
    package init(_ plan: ReplayPlan, source: Source, loops: Bool = false, clock: Clock) {
        self.plan = plan
        self.loops = loops
        self.clock = clock
        reader = RecordReader(
            source, selection: plan.selection, pageBytesMax: Replayer.pageBytesMax)
    }

    /// Plays until all is played or the task is cancelled, and finishes the sink.
    ///
    /// A loop over nothing ends.
    ///
    /// - Throws: What the source and the sink throw, except for `CancellationError`.
    package func run(into sink: some ReplaySink) async throws -> ReplayReport {
        var player = Player(plan)
        var report = ReplayReport(end: .finished, laps: 0, playback: player.report)
        do {
            var goesOn = true
            while goesOn {
                try Task.checkCancellation()
                try await sink.begin(lap: report.laps)
                report.laps += 1
                let before = player.report.records
                try await play(&player, into: sink)
                goesOn = loops && player.report.records > before
                if goesOn { player.restart(plan.window) }
            }
        } catch is CancellationError {
            report.end = .cancelled
        }
        try await sink.finish()
        report.playback = player.report
        return report
    }

    /// Plays one lap.
    private func play(_ player: inout Player, into sink: some ReplaySink) async throws {
        var cursor: Cursor? = plan.window.cursor
        try await withThrowingTaskGroup(of: ReadPage.self) { pages in
            pages.readAhead(reader, from: cursor)
            while true {
                try Task.checkCancellation()
                switch player.next(now: clock.now()) {
                case .emit(let items):
                    try await sink.write(items)
                case .wait(let deadline):
                    try await clock.sleep(until: deadline)
                case .needRecords:
                    guard let page = try await pages.next() else {
                        preconditionFailure("a page is being read as long as there is one")
                    }
                    player.offer(page)
                    if page.isAtEnd { player.close() }
                    cursor = player.isClosed ? nil : page.cursor
                    pages.readAhead(reader, from: cursor)
                case .paused:
                    preconditionFailure("nobody pauses a replay that runs by itself")
                case .finished:
                    return
                }
            }
        }
    }
}

extension ThrowingTaskGroup where ChildTaskResult == ReadPage, Failure == any Error {
    /// Has the page from `cursor` on read, unless that is nil.
    fileprivate mutating func readAhead(
        _ reader: RecordReader<some RecordSource>, from cursor: Cursor?
    ) {
        guard let cursor else { return }
        addTask { try await reader.page(from: cursor) }
    }
}
