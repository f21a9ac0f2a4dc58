/// A number of bytes as people write it, such as `10GB` or `512MiB`.
package struct ByteSize: Hashable, Sendable, CustomStringConvertible {
    /// What it must be: the end of a sentence.
    package static let rule =
        "must be a number of bytes, or one with kB, MB, GB, TB or KiB, MiB, GiB, TiB, such as 10GB"

    private static let units: [(suffix: String, bytes: Double)] = [
        ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("tib", 1_099_511_627_776),
        ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12), ("b", 1),
    ]

    /// The number.
    package let bytes: UInt64
    /// The text that it was made of.
    package let description: String

    /// Parses a number with or without a unit, letter case aside; nil for anything else.
    package init?(_ text: String) {
        let lower = text.lowercased()
        let unit = ByteSize.units.first { lower.hasSuffix($0.suffix) }
        let number = lower.dropLast(unit?.suffix.count ?? 0)
        guard number.first?.isNumber == true, number.allSatisfy({ $0.isASCII }),
            number.allSatisfy({ $0.isNumber || $0 == "." }), let value = Double(number),
            let bytes = UInt64(exactly: (value * (unit?.bytes ?? 1)).rounded(.down))
        else { return nil }
        self.bytes = bytes
        description = text
    }
}
