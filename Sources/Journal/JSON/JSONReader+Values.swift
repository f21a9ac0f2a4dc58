extension JSONReader {
    /// Reads a value of any kind.
    ///
    /// Which kinds of container enclose the current one is kept in a word of bits, so that depth
    /// costs neither stack nor heap.
    ///
    /// - Parameter level: How many containers of an event's data the value stands in, at least -1:
    ///   with the innermost one kept apart, 128 bits hold the others.
    /// - Throws: ``JSONError`` where this is no value, or one nested too deeply.
    mutating func skipValue(level: Int) throws(JSONError) {
        var enclosing: UInt128 = 0
        var isObject = false
        var depth = 0
        while true {
            switch try token() {
            case UInt8(ascii: "\""):
                _ = try string()
            case UInt8(ascii: "{"):
                try checkDepth(level + depth)
                position += 1
                if try token() != UInt8(ascii: "}") {
                    enclosing = enclosing &<< 1 | (isObject ? 1 : 0)
                    isObject = true
                    depth += 1
                    _ = try key()
                    continue
                }
                position += 1
            case UInt8(ascii: "["):
                try checkDepth(level + depth)
                position += 1
                if try token() != UInt8(ascii: "]") {
                    enclosing = enclosing &<< 1 | (isObject ? 1 : 0)
                    isObject = false
                    depth += 1
                    continue
                }
                position += 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try skipNumber()
            case UInt8(ascii: "t"):
                try skipLiteral("true")
            case UInt8(ascii: "f"):
                try skipLiteral("false")
            case UInt8(ascii: "n"):
                try skipLiteral("null")
            default:
                throw error(.unexpectedByte)
            }
            while depth > 0 {
                let byte = try token()
                if byte == UInt8(ascii: ",") {
                    position += 1
                    if isObject { _ = try key() }
                    break
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw error(.unexpectedByte)
                }
                position += 1
                depth -= 1
                isObject = enclosing & 1 == 1
                enclosing &>>= 1
            }
            if depth == 0 { return }
        }
    }

    /// Throws if a container that stands in `level` others is nested too deeply.
    @inline(__always)
    func checkDepth(_ level: Int) throws(JSONError) {
        guard level < JSONScanner.depthMax else { throw error(.tooDeep) }
    }

    /// Reads a number: `-`, digits without a leading zero, fraction, exponent.
    private mutating func skipNumber() throws(JSONError) {
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < end, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try skipDigits()
        }
        if position < end, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < end,
                bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
            {
                position += 1
            }
            try skipDigits()
        }
    }

    /// Reads one digit or more.
    private mutating func skipDigits() throws(JSONError) {
        let start = position
        while position < end, bytes[position] &- UInt8(ascii: "0") <= 9 {
            position += 1
        }
        guard position > start else {
            throw error(position < end ? .unexpectedByte : .unexpectedEnd)
        }
    }

    /// Reads the letters of `literal`.
    private mutating func skipLiteral(_ literal: StaticString) throws(JSONError) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard position < end else { throw error(.unexpectedEnd) }
            // SAFETY: The literal has that many bytes from `utf8Start` on, which live forever.
            let letter = unsafe literal.utf8Start[index]
            guard bytes[position] == letter else { throw error(.unexpectedByte) }
            position += 1
        }
    }
}
