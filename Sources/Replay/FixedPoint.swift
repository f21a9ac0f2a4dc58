/// An unsigned decimal number in millionths, so that what users type is kept exactly.
struct FixedPoint: Hashable, Sendable, CustomStringConvertible {
    /// The digits of fraction that are kept.
    private static let decimals = 6
    /// How many of its units make 1.
    static let one: UInt64 = 1_000_000

    /// The number, times a million.
    let millionths: UInt64

    init(millionths: UInt64) {
        self.millionths = millionths
    }

    /// Parses digits with at most one point, such as `12`, `12.5` or `.5`.
    ///
    /// Digits past the sixth of the fraction are cut. nil for signs, exponents, spaces, a point
    /// without digits after it, and what does not fit.
    init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts[0]
        let fraction = parts.count == 2 ? parts[1] : nil
        guard fraction.map({ !$0.isEmpty }) ?? !whole.isEmpty else { return nil }
        var value: UInt64 = 0
        func append(_ byte: UInt8) -> Bool {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return false }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            value = sum
            return !overflow && !carry
        }
        for byte in whole {
            guard append(byte) else { return nil }
        }
        var digits = 0
        for byte in fraction ?? parts[0].prefix(0) {
            guard digits < FixedPoint.decimals else {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                continue
            }
            guard append(byte) else { return nil }
            digits += 1
        }
        while digits < FixedPoint.decimals {
            guard append(UInt8(ascii: "0")) else { return nil }
            digits += 1
        }
        millionths = value
    }

    /// The shortest decimal of the number.
    var description: String {
        let (whole, rest) = millionths.quotientAndRemainder(dividingBy: FixedPoint.one)
        guard rest > 0 else { return String(whole) }
        var digits = String(FixedPoint.one + rest).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
