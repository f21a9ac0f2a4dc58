/// How fast a replay goes: 0.1 to 1000 times the original, or as fast as it can.
package struct Speed: Hashable, Sendable, CustomStringConvertible {
    /// The bounds of a factor, in millionths.
    private static let bounds: ClosedRange<UInt64> = 100_000...1_000_000_000

    /// The factor in millionths; nil when everything is due at once.
    package let millionths: UInt64?

    /// As it was.
    package static let original = Speed(checked: FixedPoint.one)
    /// As fast as source and sink can go: everything is due at once.
    package static let max = Speed(checked: nil)

    /// The speed of a factor in millionths; nil when it is out of bounds.
    package init?(millionths: UInt64) {
        guard Speed.bounds.contains(millionths) else { return nil }
        self.millionths = millionths
    }

    /// Parses `0.1` to `1000`, also with an `x` after it, or `max`.
    ///
    /// - Throws: ``ReplayError`` with code `invalidSpeed`.
    package init(parsing text: some StringProtocol) throws(ReplayError) {
        if text == "max" {
            self = .max
            return
        }
        let number = text.hasSuffix("x") ? text.dropLast() : text[...]
        guard let factor = FixedPoint(number), let speed = Speed(millionths: factor.millionths)
        else {
            throw ReplayError(
                .invalidSpeed, refusing: text,
                "is not a speed: give a number from 0.1 to 1000, or max")
        }
        self = speed
    }

    private init(checked millionths: UInt64?) {
        self.millionths = millionths
    }

    /// The factor, such as `2.5`, or `max`.
    package var description: String {
        millionths.map { FixedPoint(millionths: $0).description } ?? "max"
    }
}
