extension [UInt8] {
    /// Appends a little-endian number of fixed width.
    package mutating func append(fixed value: some FixedWidthInteger & UnsignedInteger) {
        var rest = value
        for _ in 0..<value.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// Appends an unsigned LEB128 number: 7 bits a byte, least significant first.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a count or length as a varint.
    mutating func append(count value: Int) {
        append(varint: UInt64(value))
    }

    /// Appends a signed number, zigzag-coded as a varint.
    mutating func append(signed value: Int64) {
        append(varint: UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// Appends a number as decimal digits.
    package mutating func append(decimal value: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends a string behind its length in bytes.
    mutating func append(string value: String) {
        append(count: value.utf8.count)
        append(contentsOf: value.utf8)
    }
}
