/// Finds the line at which a text stops being JSON5, for the sentence that says so; whether it is
/// JSON5 is the decoder's to judge.
struct JSON5Syntax {
    /// Deeper nesting counts as a fault.
    private static let depthMax = 64

    private let bytes: [UInt8]
    private var at = 0

    /// The number of the line, from 1, at which something else was due; nil if nothing was found.
    static func faultLine(in bytes: [UInt8]) -> Int? {
        var syntax = JSON5Syntax(bytes)
        guard syntax.value(depth: 0), syntax.space(), syntax.at == bytes.count else {
            return bytes[..<syntax.at].count { $0 == UInt8(ascii: "\n") } + 1
        }
        return nil
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    // Each of these passes what it is named after, or stands at the fault and returns false.

    private mutating func value(depth: Int) -> Bool {
        guard space(), depth < JSON5Syntax.depthMax else { return false }
        switch next {
        case UInt8(ascii: "{"): return list(depth, end: UInt8(ascii: "}"), hasNames: true)
        case UInt8(ascii: "["): return list(depth, end: UInt8(ascii: "]"), hasNames: false)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return string()
        default: return literal()
        }
    }

    private mutating func list(_ depth: Int, end: UInt8, hasNames: Bool) -> Bool {
        at += 1
        while space() {
            if take(end) { return true }
            if hasNames {
                guard next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") ? string() : word(),
                    space(), take(UInt8(ascii: ":"))
                else { return false }
            }
            guard value(depth: depth + 1), space() else { return false }
            guard take(UInt8(ascii: ",")) || next == end else { return false }
        }
        return false
    }

    private mutating func string() -> Bool {
        guard let quote = next else { return false }
        let start = at
        at += 1
        while let byte = next, byte != UInt8(ascii: "\n") {
            at += 1
            if byte == quote { return true }
            if byte == UInt8(ascii: "\\"), next != nil { at += 1 }
        }
        at = start
        return false
    }

    /// A number, or a value that has a name.
    private mutating func literal() -> Bool {
        let start = at
        guard word() else { return false }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        let isNumber = text.utf8.first.map { "+-.0123456789".utf8.contains($0) } ?? false
        guard isNumber || ["true", "false", "null", "Infinity", "NaN"].contains(text) else {
            at = start
            return false
        }
        return true
    }

    /// A name or a number: anything up to a space or a sign.
    private mutating func word() -> Bool {
        let start = at
        while let byte = next, byte > 0x20, !"{}[]:,\"'/".utf8.contains(byte) { at += 1 }
        return at > start
    }

    /// White space and comments, if there are any; false for a comment without an end.
    private mutating func space() -> Bool {
        while let byte = next {
            if byte <= 0x20 {
                at += 1
            } else if bytes[at...].starts(with: "//".utf8) {
                at = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            } else if bytes[at...].starts(with: "/*".utf8) {
                guard let end = bytes[(at + 2)...].firstRange(of: "*/".utf8) else { return false }
                at = end.upperBound
            } else {
                return true
            }
        }
        return true
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }
}
