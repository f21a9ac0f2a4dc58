import Replay

/// How old a record must be for retention to take it, such as `30d`.
package struct RetentionAge: Hashable, Sendable, CustomStringConvertible {
    /// What it must be: the end of a sentence.
    package static let rule = "must be a number with s, m, h, d or w, such as 30d"

    /// The age in microseconds.
    package let microseconds: Int64
    /// The text that it was made of.
    package let description: String

    /// Parses a number with a unit; nil for anything else, and for more than a thousand years.
    package init?(_ text: String) {
        let yearsMax: UInt64 = 1000 * 366 * 24 * 3600 * 1_000_000
        let days: UInt64? =
            switch text.last {
            case "d": 1
            case "w": 7
            default: nil
            }
        let duration: PlaybackDuration?
        if let days {
            let hours = try? PlaybackDuration(parsing: "\(text.dropLast())h")
            duration = hours.flatMap { hours in
                let (length, overflow) = hours.microseconds.multipliedReportingOverflow(
                    by: 24 * days)
                return overflow ? nil : PlaybackDuration(microseconds: length)
            }
        } else {
            duration =
                text.last?.isLetter == true ? try? PlaybackDuration(parsing: text) : nil
        }
        guard let duration, duration.microseconds <= yearsMax else { return nil }
        microseconds = Int64(duration.microseconds)
        description = text
    }
}
