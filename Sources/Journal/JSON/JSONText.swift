import Glibc

/// Where a JSON string's content lies in the bytes that it was scanned from, quotes excluded.
package struct JSONText: Hashable, Sendable {
    /// The content's bytes, from the one after the opening quote up to the closing one.
    package var range: Range<Int> { Int(start)..<Int(start) + Int(lengthAndEscape >> 1) }

    /// Whether the content holds a backslash, so that its bytes are not the text itself.
    package var isEscaped: Bool { lengthAndEscape & 1 == 1 }

    // Each event carries a dozen of these: kept small.
    private let start: Int32
    private let lengthAndEscape: UInt32

    /// The content at `range`, with escapes in it or without.
    ///
    /// - Precondition: `range` ends within the first 2 GiB.
    package init(range: Range<Int>, isEscaped: Bool) {
        start = Int32(range.lowerBound)
        lengthAndEscape = UInt32(range.count) << 1 | (isEscaped ? 1 : 0)
    }

    /// The text, unescaped; a lone surrogate becomes U+FFFD.
    ///
    /// - Parameter bytes: What the text was scanned from. Other bytes give a meaningless text,
    ///   and never a trap.
    /// - Returns: The text that the string stands for.
    package func string(in bytes: [UInt8]) -> String {
        let content = bytes[range.clamped(to: bytes.startIndex..<bytes.endIndex)]
        guard isEscaped else { return String(decoding: content, as: UTF8.self) }
        return String(decoding: JSONText.unescaped(content), as: UTF8.self)
    }

    /// Whether the text stands there as `string`, byte for byte.
    ///
    /// False where it is spelled with escapes: then only ``string(in:)`` tells.
    func isPlainly(_ string: String, in bytes: [UInt8]) -> Bool {
        let range = range
        guard !isEscaped, range.count == string.utf8.count, range.upperBound <= bytes.count
        else { return false }
        let equal = unsafe string.utf8.withContiguousStorageIfAvailable { name in
            // SAFETY: both have `range.count` bytes there, as was just checked.
            unsafe bytes.withUnsafeBytes { buffer in
                guard let left = buffer.baseAddress, let right = name.baseAddress else {
                    return true
                }
                return unsafe memcmp(left + range.lowerBound, right, range.count) == 0
            }
        }
        return equal ?? string.utf8.elementsEqual(bytes[range])
    }

    /// The same content in bytes that begin `distance` bytes earlier.
    package func shifted(by distance: Int) -> JSONText {
        JSONText(
            range: range.lowerBound + distance..<range.upperBound + distance, isEscaped: isEscaped)
    }

    /// The UTF-8 of a string's content, with every escape replaced by what it stands for.
    ///
    /// An escape that RFC 8259 does not know stands for the character after its backslash.
    static func unescaped(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var text = [UInt8]()
        text.reserveCapacity(content.count)
        var rest = content
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                text.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: scalar(from: &rest).utf8)
            default: text.append(escape)
            }
        }
        return text
    }

    /// The scalar of an escape whose `\u` has been read, together with the low surrogate's escape
    /// that may follow; U+FFFD for a surrogate without its partner.
    private static func scalar(from rest: inout ArraySlice<UInt8>) -> Character {
        let unit = codeUnit(of: rest.prefix(4))
        rest = rest.dropFirst(4)
        guard let unit else { return "\u{FFFD}" }
        if let scalar = Unicode.Scalar(unit) { return Character(scalar) }
        let partner = rest.prefix(6)
        guard UTF16.isLeadSurrogate(unit), partner.starts(with: [0x5C, 0x75]),
            let low = codeUnit(of: partner.dropFirst(2)), UTF16.isTrailSurrogate(low)
        else { return "\u{FFFD}" }
        rest = rest.dropFirst(6)
        let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        return Unicode.Scalar(value).map { Character($0) } ?? "\u{FFFD}"
    }

    private static func codeUnit(of digits: ArraySlice<UInt8>) -> UInt16? {
        guard digits.count == 4 else { return nil }
        var unit: UInt16 = 0
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(value)
        }
        return unit
    }
}
