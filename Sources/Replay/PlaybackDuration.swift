/// A length of original time, such as an idle limit or a distance from a run's start.
package struct PlaybackDuration: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The length in microseconds.
    package let microseconds: UInt64

    /// A length in microseconds.
    package init(microseconds: UInt64) {
        self.microseconds = microseconds
    }

    /// Parses `2s`, `500ms`, `1.5s`, `2m`, `1h`, or a bare number of seconds.
    ///
    /// - Throws: ``ReplayError`` with code `invalidDuration`.
    package init(parsing text: some StringProtocol) throws(ReplayError) {
        let parsed =
            PlaybackDuration(withUnit: text)
            ?? FixedPoint(text).map { PlaybackDuration(microseconds: $0.millionths) }
        guard let parsed else {
            throw ReplayError(
                .invalidDuration, refusing: text,
                "is not a duration: give a number with ms, s, m or h, such as 2s or 500ms")
        }
        self = parsed
    }

    /// Parses a number with a unit; nil for anything else.
    init?(withUnit text: some StringProtocol) {
        let unit: UInt64
        let suffix: Int
        if text.hasSuffix("ms") {
            (unit, suffix) = (1000, 2)
        } else if text.hasSuffix("s") {
            (unit, suffix) = (1_000_000, 1)
        } else if text.hasSuffix("m") {
            (unit, suffix) = (60_000_000, 1)
        } else if text.hasSuffix("h") {
            (unit, suffix) = (3_600_000_000, 1)
        } else {
            return nil
        }
        guard let number = FixedPoint(text.dropLast(suffix)),
            let microseconds = UInt64(
                exactly: UInt128(number.millionths) * UInt128(unit) / UInt128(FixedPoint.one))
        else { return nil }
        self.microseconds = microseconds
    }

    package static func < (left: PlaybackDuration, right: PlaybackDuration) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The length in seconds, such as `2s` or `0.5s`.
    package var description: String { "\(FixedPoint(millionths: microseconds))s" }
}
