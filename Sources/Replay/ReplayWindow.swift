package import Journal

/// The part of the selected records that is replayed: from its start, in order of offset, to its
/// end, without holes.
///
/// Event times may go back, as imports bring them. So a time does not pick records; it marks the
/// place, in order of offset, where the first record that is not before it stands.
package struct ReplayWindow: Hashable, Sendable {
    /// Where it opens.
    package enum Start: Hashable, Sendable {
        /// At the first record.
        case beginning
        /// At the first record that this cursor has not seen.
        case after(Cursor)
        /// At the first record whose event time is this or later.
        case at(Timestamp)
    }

    /// Where it closes.
    package enum End: Hashable, Sendable {
        /// After the last record.
        case never
        /// Before this offset.
        case before(Offset)
        /// Before the first record, from the start on, whose event time is this or later.
        case at(Timestamp)
    }

    /// Where it opens.
    package var start: Start
    /// Where it closes.
    package var end: End

    /// A window between two places.
    package init(start: Start, end: End) {
        self.start = start
        self.end = end
    }

    /// The window between two positions of records whose extent is `extent`.
    ///
    /// `until` 100 % is the end itself: the last record is within. Where there are no records,
    /// seconds and percent count from nothing, and a window that ends there is empty. `cursor`
    /// finds the cursor that an id stands for, which depends on its epoch.
    ///
    /// - Throws: What `cursor` throws.
    package init(
        from: PlaybackPosition?, until: PlaybackPosition?, extent: Extent?,
        cursor: (EventID) throws -> Cursor
    ) rethrows {
        start =
            switch from {
            case nil: .beginning
            case .id(let id): .after(try cursor(id))
            case .elapsed(let duration):
                extent.map { .at($0.time(after: duration)) } ?? .beginning
            case .percent(let millionths):
                extent.map { .at($0.time(atPercentMillionths: millionths)) } ?? .beginning
            case .time(let time): .at(time)
            }
        end =
            switch until {
            case nil, .percent(PlaybackPosition.wholePercentMillionths): .never
            case .id(let id): .before(try cursor(id).next)
            case .elapsed(let duration):
                extent.map { .at($0.time(after: duration)) } ?? .before(.zero)
            case .percent(let millionths):
                extent.map { .at($0.time(atPercentMillionths: millionths)) } ?? .before(.zero)
            case .time(let time): .at(time)
            }
    }

    /// Where reading begins: no record before this cursor is within.
    package var cursor: Cursor {
        switch start {
        case .beginning, .at: .start
        case .after(let cursor): cursor
        }
    }
}

extension Extent {
    /// The event time that lies `duration` after the earliest record's.
    fileprivate func time(after duration: PlaybackDuration) -> Timestamp {
        let (sum, overflow) = firstAt.microseconds.addingReportingOverflow(
            Int64(clamping: duration.microseconds))
        return Timestamp(microseconds: overflow ? .max : sum)
    }

    /// The event time at a share of the way from the earliest record's to the latest's.
    fileprivate func time(atPercentMillionths millionths: UInt64) -> Timestamp {
        let (span, overflow) = lastAt.microseconds.subtractingReportingOverflow(
            firstAt.microseconds)
        let whole = overflow ? Int64.max : Swift.max(span, 0)
        let part =
            UInt128(whole) * UInt128(millionths)
            / UInt128(PlaybackPosition.wholePercentMillionths)
        return time(after: PlaybackDuration(microseconds: UInt64(clamping: part)))
    }
}
