package import Journal

/// What is replayed and how fast, resolved against what there is.
package struct ReplayPlan: Hashable, Sendable {
    /// The runs.
    package var selection: Selection
    /// The part of them.
    package var window: ReplayWindow
    /// How fast at first.
    package var speed: Speed
    /// The longest pause, in original time; longer ones are cut to it.
    package var idleLimit: PlaybackDuration?

    /// A plan with nothing left to resolve.
    package init(
        selection: Selection, window: ReplayWindow = ReplayWindow(start: .beginning, end: .never),
        speed: Speed = .original, idleLimit: PlaybackDuration? = nil
    ) {
        self.selection = selection
        self.window = window
        self.speed = speed
        self.idleLimit = idleLimit
    }

    /// A plan between two positions of what `source` has.
    ///
    /// Asks the source for its extent, once, if a position counts from the earliest record.
    /// `cursor` finds the cursor that an id stands for, which depends on its epoch.
    ///
    /// - Throws: ``JournalError`` from the source, and what `cursor` throws.
    package init(
        selection: Selection, from: PlaybackPosition? = nil, until: PlaybackPosition? = nil,
        speed: Speed = .original, idleLimit: PlaybackDuration? = nil,
        source: some RecordSource, cursor: (EventID) throws -> Cursor
    ) throws {
        let isRelative = [from, until].contains { $0?.isRelative ?? false }
        self.init(
            selection: selection,
            window: try ReplayWindow(
                from: from, until: until,
                extent: isRelative ? try source.extent(of: selection) : nil, cursor: cursor),
            speed: speed, idleLimit: idleLimit)
    }

    /// The same plan for a viewer who has already seen everything up to `cursor`.
    ///
    /// The first record after the cursor is due at once, for nothing is known of the one before.
    package func resumed(at cursor: Cursor) -> ReplayPlan {
        var plan = self
        plan.window.start = .after(cursor)
        return plan
    }
}

extension PlaybackPosition {
    /// Whether it counts from the earliest selected record.
    fileprivate var isRelative: Bool {
        switch self {
        case .elapsed, .percent: true
        case .id, .time: false
        }
    }
}
