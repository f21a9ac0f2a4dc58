/// Takes numbers and bytes off the front of a slice; every step is nil past its end.
package struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var index: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    init(_ bytes: [UInt8]) {
        self.init(bytes[...])
    }

    /// The bytes that are left.
    var remaining: Int { bytes.endIndex - index }

    package mutating func byte() -> UInt8? {
        guard index < bytes.endIndex else { return nil }
        defer { index += 1 }
        return bytes[index]
    }

    package mutating func slice(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { index += count }
        return bytes[index..<index + count]
    }

    mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, count <= remaining else { return false }
        index += count
        return true
    }

    /// The bytes from `start` up to where the reader stands.
    func taken(from start: Int) -> ArraySlice<UInt8> { bytes[start..<index] }

    /// A little-endian number of fixed width.
    package mutating func fixed<Number: FixedWidthInteger & UnsignedInteger>(
        _: Number.Type
    ) -> Number? {
        let width = Number.bitWidth / 8
        guard width <= remaining else { return nil }
        var value: Number = 0
        for place in 0..<width {
            value |= Number(truncatingIfNeeded: bytes[index + place]) << Number(8 * place)
        }
        index += width
        return value
    }

    /// An unsigned LEB128 number of at most 64 bits.
    mutating func varint() -> UInt64? {
        if index < bytes.endIndex, bytes[index] < 0x80 {
            defer { index += 1 }
            return UInt64(bytes[index])
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, let byte = byte() {
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    /// A ``varint()`` that fits `Int` and is at most `maximum`.
    mutating func count(max maximum: Int) -> Int? {
        guard let value = varint(), value <= UInt64(maximum) else { return nil }
        return Int(value)
    }

    /// A signed number, zigzag-coded.
    mutating func signed() -> Int64? {
        guard let value = varint() else { return nil }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A string behind its length in bytes.
    mutating func string(bytesMax: Int) -> String? {
        guard let length = count(max: bytesMax), let bytes = slice(length) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Passes over what ``string(bytesMax:)`` would read; nil where that would be nil.
    mutating func skipString(bytesMax: Int) -> ArraySlice<UInt8>? {
        guard let length = count(max: bytesMax), let bytes = slice(length),
            bytes.isASCII || String(validating: bytes, as: UTF8.self) != nil
        else { return nil }
        return bytes
    }
}

extension ArraySlice<UInt8> {
    /// Whether no byte has its high bit set.
    fileprivate var isASCII: Bool { reduce(0, |) < 0x80 }
}
