/// A place in JSON text, all of which up to there is valid.
///
/// Reading moves it forward, and throws where the text is not JSON.
struct JSONReader {
    /// What holds the text.
    let bytes: [UInt8]

    /// Where the text ends, at most the count of `bytes`.
    let end: Int

    /// The next byte to read, from 0 to `end`.
    var position: Int

    /// Whether a CR or LF was read outside strings.
    var hasLineBreaks = false

    /// The start of the text in `range` of `bytes`; what lies outside `bytes` is ignored.
    init(_ bytes: [UInt8], range: Range<Int>?) {
        let range = (range ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
        self.bytes = bytes
        end = range.upperBound
        position = range.lowerBound
    }

    /// The next byte that is not whitespace, which stays unread.
    @inline(__always)
    mutating func token() throws(JSONError) -> UInt8 {
        while position < end {
            let byte = bytes[position]
            if byte > UInt8(ascii: " ") { return byte }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): hasLineBreaks = true
            default: throw error(.unexpectedByte)
            }
            position += 1
        }
        throw error(.unexpectedEnd)
    }

    /// Reads the text's first token, `opening`.
    ///
    /// - Throws: An error with `problem` at the start of any other value.
    mutating func expect(
        _ opening: UInt8, orThrow problem: JSONError.Problem
    ) throws(JSONError) {
        switch try token() {
        case opening:
            position += 1
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"),
            UInt8(ascii: "n"):
            throw error(problem)
        default:
            throw error(.unexpectedByte)
        }
    }

    /// Reads whitespace up to the text's end.
    mutating func expectEnd() throws(JSONError) {
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): hasLineBreaks = true
            default: throw error(.trailingBytes)
            }
            position += 1
        }
    }

    /// Reads a member's name and colon, or the end of its object.
    ///
    /// - Parameter isFirst: Whether only the object's brace has been read so far.
    /// - Returns: The name, with its value as the next token; nil at the end.
    /// - Throws: ``JSONError`` where neither is next.
    @inline(__always)
    mutating func nextKey(isFirst: Bool) throws(JSONError) -> JSONText? {
        let byte = try token()
        if byte == UInt8(ascii: "}") {
            position += 1
            return nil
        }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else { throw error(.unexpectedByte) }
            position += 1
        }
        return try key()
    }

    /// Reads a member's name and colon.
    @inline(__always)
    mutating func key() throws(JSONError) -> JSONText {
        guard try token() == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
        let key = try string()
        guard try token() == UInt8(ascii: ":") else { throw error(.unexpectedByte) }
        position += 1
        return key
    }

    /// Reads an array whose bracket has been read, and returns its elements' bytes.
    mutating func elements() throws(JSONError) -> [Range<Int>] {
        var elements: [Range<Int>] = []
        if try token() == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            _ = try token()
            let start = position
            // An element is an envelope, so its data is two levels down.
            try skipValue(level: -1)
            elements.append(start..<position)
            let byte = try token()
            guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") else {
                throw error(.unexpectedByte)
            }
            position += 1
            if byte == UInt8(ascii: "]") { return elements }
        }
    }

    /// Reads a value, and returns its content if it is a string.
    @inline(__always)
    mutating func text(level: Int) throws(JSONError) -> JSONText? {
        if try token() == UInt8(ascii: "\"") { return try string() }
        try skipValue(level: level)
        return nil
    }

    /// An error at the next byte.
    func error(_ problem: JSONError.Problem) -> JSONError {
        JSONError(position: position, problem: problem)
    }
}
