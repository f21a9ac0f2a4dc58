extension JSONReader {
    /// Reads a string whose opening quote is the next byte.
    @inline(__always)
    mutating func string() throws(JSONError) -> JSONText {
        position += 1
        let start = position
        var isEscaped = false
        while true {
            skipPlainBytes()
            guard position < end else { throw error(.unexpectedEnd) }
            if bytes[position] == UInt8(ascii: "\"") { break }
            try skipSpecialBytes(&isEscaped)
        }
        defer { position += 1 }
        return JSONText(range: start..<position, isEscaped: isEscaped)
    }

    /// Moves to the next byte that is a quote, a backslash, a control character or not ASCII, or to
    /// the end of the text.
    ///
    /// Eight bytes at a time: in `word &- pattern & ~word`, a byte's high bit is set if the byte is
    /// below the pattern's. A borrow can set it wrongly only above a byte that has it rightly, so
    /// the lowest one is right; see `hasless` in
    /// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>.
    @inline(__always)
    private mutating func skipPlainBytes() {
        while end &- position >= 8 {
            // SAFETY: The load checks its bounds, and each bit pattern is an integer.
            let loaded = unsafe bytes.span.bytes.unsafeLoadUnaligned(
                fromByteOffset: position, as: UInt64.self)
            let word = UInt64(littleEndian: loaded)
            let quotes = word ^ 0x2222_2222_2222_2222
            let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let controls = (word &- 0x2020_2020_2020_2020) & ~word
            let quoted = (quotes &- 0x0101_0101_0101_0101) & ~quotes
            let escaped = (backslashes &- 0x0101_0101_0101_0101) & ~backslashes
            let special = (word | controls | quoted | escaped) & 0x8080_8080_8080_8080
            if special != 0 {
                position &+= special.trailingZeroBitCount &>> 3
                return
            }
            position &+= 8
        }
        while position < end, JSONReader.isPlain(bytes[position]) {
            position &+= 1
        }
    }

    /// Whether a byte of a string stands for itself and needs no look at its neighbours.
    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// Reads an escape or a run of characters beyond ASCII.
    @inline(never)
    private mutating func skipSpecialBytes(_ isEscaped: inout Bool) throws(JSONError) {
        switch bytes[position] {
        case UInt8(ascii: "\\"):
            isEscaped = true
            try skipEscape()
        case 0x80...:
            repeat {
                try skipCharacter()
            } while position < end && bytes[position] >= 0x80
        default:
            throw error(.controlCharacterInString)
        }
    }

    private mutating func skipEscape() throws(JSONError) {
        guard end - position >= 2 else { throw endError }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            for index in position + 2..<position + 6 {
                guard index < end else { throw endError }
                switch bytes[index] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                    UInt8(ascii: "A")...UInt8(ascii: "F"):
                    break
                default:
                    throw error(.invalidEscape)
                }
            }
            position += 6
        default:
            throw error(.invalidEscape)
        }
    }

    /// Reads one character of two to four bytes, by table 3-7 of the Unicode standard.
    @inline(__always)
    private mutating func skipCharacter() throws(JSONError) {
        let first = bytes[position]
        let count: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: count = 2
        case 0xE0...0xEF:
            count = 3
            if first == 0xE0 { second = 0xA0...0xBF }
            if first == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            count = 4
            if first == 0xF0 { second = 0x90...0xBF }
            if first == 0xF4 { second = 0x80...0x8F }
        default: throw error(.invalidUTF8)
        }
        for index in 1..<count {
            guard position + index < end else { throw endError }
            let byte = bytes[position + index]
            let isValid = index == 1 ? second.contains(byte) : byte & 0xC0 == 0x80
            guard isValid else { throw error(.invalidUTF8) }
        }
        position += count
    }

    /// The error of a text that ends too early.
    private var endError: JSONError { JSONError(position: end, problem: .unexpectedEnd) }
}
