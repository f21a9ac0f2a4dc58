/// Validates JSON (RFC 8259, in UTF-8, without byte order mark) and finds an event's parts in it.
///
/// Each function reads its bytes once, and takes any bytes: it throws where they are not what it
/// asks for, and never traps. It allocates what it returns, and a little for names with escapes.
package enum JSONScanner {
    /// How deeply containers may be nested in an event's data; the data's own object is the first.
    ///
    /// What carries the data does not count, so that data accepted on its own also comes through in
    /// an envelope, and in an array of envelopes.
    package static let depthMax = 128

    /// Takes apart one event with what surrounds it.
    ///
    /// - Parameters:
    ///   - bytes: What holds the object.
    ///   - range: The bytes to read, where whitespace may precede and follow the object; all of
    ///     them when nil. What lies outside `bytes` is ignored.
    /// - Returns: Where the event's parts are.
    /// - Throws: ``JSONError`` unless this is one valid object.
    package static func envelope(
        in bytes: [UInt8], range: Range<Int>? = nil
    ) throws(JSONError) -> EventEnvelope {
        var reader = JSONReader(bytes, range: range)
        try reader.expect(UInt8(ascii: "{"), orThrow: .notAnObject)
        let envelope = try reader.envelope()
        try reader.expectEnd()
        return envelope
    }

    /// Finds the fields of an event's data, and whether a CR or LF stands in it outside strings.
    ///
    /// - Parameter bytes: The data: one object, which whitespace may precede and follow.
    /// - Returns: Where the fields are, and whether there are line breaks.
    /// - Throws: ``JSONError`` unless this is one valid object.
    package static func data(
        in bytes: [UInt8]
    ) throws(JSONError) -> (fields: EventFields, hasLineBreaks: Bool) {
        var reader = JSONReader(bytes, range: nil)
        var fields = EventFields()
        try reader.expect(UInt8(ascii: "{"), orThrow: .notAnObject)
        try reader.readFields(into: &fields, origin: 0)
        try reader.expectEnd()
        return (fields, reader.hasLineBreaks)
    }

    /// Finds the elements of an array.
    ///
    /// - Parameters:
    ///   - bytes: What holds the array.
    ///   - range: The bytes to read, where whitespace may precede and follow the array; all of them
    ///     when nil. What lies outside `bytes` is ignored.
    /// - Returns: The bytes of each element, without the whitespace around it.
    /// - Throws: ``JSONError`` unless this is one valid array.
    package static func elements(
        in bytes: [UInt8], range: Range<Int>? = nil
    ) throws(JSONError) -> [Range<Int>] {
        var reader = JSONReader(bytes, range: range)
        try reader.expect(UInt8(ascii: "["), orThrow: .notAnArray)
        let elements = try reader.elements()
        try reader.expectEnd()
        return elements
    }

    /// A copy of valid JSON in which each line break (CRLF, LF or CR) outside strings is one space.
    ///
    /// Bytes that are not valid JSON give a meaningless copy, and never a trap.
    package static func replacingLineBreaks(in bytes: ArraySlice<UInt8>) -> [UInt8] {
        var copy = [UInt8]()
        copy.reserveCapacity(bytes.count)
        var isInString = false
        var previous: UInt8 = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\"") where !isInString || previous != UInt8(ascii: "\\"):
                isInString.toggle()
                copy.append(byte)
            case UInt8(ascii: "\\") where previous == UInt8(ascii: "\\"):
                copy.append(byte)
                // This backslash is escaped, so it escapes nothing.
                previous = 0
                continue
            case UInt8(ascii: "\r") where !isInString:
                copy.append(UInt8(ascii: " "))
            case UInt8(ascii: "\n") where !isInString:
                if previous != UInt8(ascii: "\r") { copy.append(UInt8(ascii: " ")) }
            default:
                copy.append(byte)
            }
            previous = byte
        }
        return copy
    }

    /// A copy of valid JSON in which each line break (CRLF, LF or CR) outside strings is one space.
    ///
    /// Bytes that are not valid JSON give a meaningless copy, and never a trap.
    package static func replacingLineBreaks(in bytes: [UInt8]) -> [UInt8] {
        replacingLineBreaks(in: bytes[...])
    }
}
