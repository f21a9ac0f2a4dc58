package import Journal

/// A place in what is replayed, as users name it.
///
/// As the start of a window an id is exclusive and all else inclusive; as its end an id is
/// inclusive and all else exclusive. See ``ReplayWindow``.
package enum PlaybackPosition: Hashable, Sendable {
    /// An event's id.
    case id(EventID)
    /// So much original time after the earliest selected record.
    case elapsed(PlaybackDuration)
    /// A share of the time from the earliest to the latest selected record, in millionths of a
    /// percent, 0 to ``wholePercentMillionths``.
    case percent(millionths: UInt64)
    /// A moment of the wall clock.
    case time(Timestamp)

    /// All of it: 100 %.
    package static let wholePercentMillionths: UInt64 = 100 * FixedPoint.one

    /// Parses an event id (`k7q2m9xa-184467` or a bare `184467`), seconds (`12.5s`, also with ms,
    /// m or h), a percentage (`40%`), or a time (RFC 3339).
    ///
    /// - Throws: ``ReplayError`` with code `invalidPosition`.
    package init(parsing text: some StringProtocol) throws(ReplayError) {
        if let id = EventID(text) {
            self = .id(id)
        } else if text.hasSuffix("%"), let percent = FixedPoint(text.dropLast()),
            percent.millionths <= PlaybackPosition.wholePercentMillionths
        {
            self = .percent(millionths: percent.millionths)
        } else if let duration = PlaybackDuration(withUnit: text) {
            self = .elapsed(duration)
        } else if let time = Timestamp(rfc3339: text) {
            self = .time(time)
        } else {
            throw ReplayError(
                .invalidPosition, refusing: text,
                "is not a position: give an event id, seconds such as 12.5s, a percentage "
                    + "such as 40%, or a time such as 2026-11-23T14:53:47Z")
        }
    }
}
