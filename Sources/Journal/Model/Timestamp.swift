/// A moment of wall-clock time: microseconds since 1970-01-01T00:00:00Z, in UTC, without leap
/// seconds.
///
/// Covers the years 0001 to 9999.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let microseconds: Int64

    /// A moment by its microseconds since 1970-01-01T00:00:00Z.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The moment that `text` names in RFC 3339, for example `2026-11-23T14:53:47.980364Z` or
    /// `…T15:53:47+01:00`; a date and time without offset is taken as UTC.
    ///
    /// Digits past the sixth of a second's fraction are cut. nil when `text` is anything else.
    public init?(rfc3339 text: some StringProtocol) {
        var scanner = RFC3339Scanner(text.utf8)
        guard let microseconds = scanner.microseconds() else { return nil }
        self.microseconds = microseconds
    }

    /// The earlier one first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// RFC 3339 in UTC with six digits of fraction: `2026-11-23T14:53:47.980364Z`.
    public var description: String {
        String(decoding: rfc3339, as: UTF8.self)
    }

    /// The bytes of ``description``: always 27 of them within the years 0001 to 9999.
    package var rfc3339: [UInt8] {
        var text = [UInt8]()
        text.reserveCapacity(27)
        append(to: &text)
        return text
    }

    /// Appends the bytes of ``description``.
    package func append(to text: inout [UInt8]) {
        let clamped = Swift.min(Swift.max(microseconds, Timestamp.earliest), Timestamp.latest)
        let (days, inDay) = floorDivide(clamped, 86_400_000_000)
        let date = CivilDate(daysSince1970: days)
        func digits(_ value: Int64, _ width: Int) {
            var divisor: Int64 = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
        }
        digits(date.year, 4)
        text.append(UInt8(ascii: "-"))
        digits(date.month, 2)
        text.append(UInt8(ascii: "-"))
        digits(date.day, 2)
        text.append(UInt8(ascii: "T"))
        digits(inDay / 3_600_000_000, 2)
        text.append(UInt8(ascii: ":"))
        digits(inDay / 60_000_000 % 60, 2)
        text.append(UInt8(ascii: ":"))
        digits(inDay / 1_000_000 % 60, 2)
        text.append(UInt8(ascii: "."))
        digits(inDay % 1_000_000, 6)
        text.append(UInt8(ascii: "Z"))
    }

    private static let earliest: Int64 = -62_135_596_800_000_000
    private static let latest: Int64 = 253_402_300_799_999_999
}

/// A date of the proleptic Gregorian calendar, by Howard Hinnant's `days_from_civil` and
/// `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = floorDivide(shifted, 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), day >= 1 else { return nil }
        self.year = year
        self.month = month
        self.day = day
        guard CivilDate(daysSince1970: daysSince1970).day == day else { return nil }
    }

    var daysSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shiftedYear, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, rest: Int64) {
    let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
}

/// Reads RFC 3339 from bytes, once, from the front.
private struct RFC3339Scanner<Bytes: Collection<UInt8>> {
    private var rest: Bytes.SubSequence

    init(_ bytes: Bytes) {
        rest = bytes[...]
    }

    mutating func microseconds() -> Int64? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"),
            let day = digits(2), year >= 1,
            let date = CivilDate(year: year, month: month, day: day),
            take("T") || take("t") || take(" "),
            let hour = digits(2), take(":"), let minute = digits(2), take(":"),
            let second = digits(2), hour < 24, minute < 60, second <= 60,
            let fraction = fraction(), let shift = shift(), rest.isEmpty
        else { return nil }
        let seconds = date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second - shift
        return seconds * 1_000_000 + fraction
    }

    private mutating func fraction() -> Int64? {
        guard take(".") || take(",") else { return 0 }
        var value: Int64 = 0
        var count = 0
        while let digit = digits(1) {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in Swift.min(count, 6)..<6 { value *= 10 }
        return value
    }

    private mutating func shift() -> Int64? {
        if rest.isEmpty || take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24 else { return nil }
        _ = take(":")
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private mutating func digits(_ count: Int) -> Int64? {
        guard rest.count >= count else { return nil }
        var value: Int64 = 0
        for byte in rest.prefix(count) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        rest = rest.dropFirst(count)
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }
}
