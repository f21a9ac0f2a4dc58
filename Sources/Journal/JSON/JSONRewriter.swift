/// What is to be changed in JSON while it is copied.
package protocol JSONRewriting {
    /// The string that a member of that name is to have instead of its value; nil to keep that.
    mutating func value(ofKey key: String) -> String?

    /// The string that is to stand for a string, a member's name, or a number as it is written; nil
    /// to keep it as it is.
    mutating func replacement(for text: String) -> String?
}

/// Copies a JSON value with changes: what is not changed stays as it is, byte for byte.
package enum JSONRewriter {
    /// The value in `bytes`, with the changes that `rewriting` asks for.
    ///
    /// - Throws: ``JSONError`` where the bytes are not one value.
    package static func rewrite(
        _ bytes: [UInt8], with rewriting: inout some JSONRewriting
    ) throws(JSONError) -> [UInt8] {
        var reader = JSONReader(bytes, range: nil)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var copied = 0
        try rewriteValue(&reader, &output, &copied, level: 0, &rewriting)
        try reader.expectEnd()
        output += bytes[copied...]
        return output
    }

    private static func rewriteValue(
        _ reader: inout JSONReader, _ output: inout [UInt8], _ copied: inout Int, level: Int,
        _ rewriting: inout some JSONRewriting
    ) throws(JSONError) {
        switch try reader.token() {
        case UInt8(ascii: "{"):
            try reader.checkDepth(level)
            reader.position += 1
            var isFirst = true
            while let key = try reader.nextKey(isFirst: isFirst) {
                isFirst = false
                let name = key.string(in: reader.bytes)
                if let replacement = rewriting.replacement(for: name) {
                    let quoted = key.range.lowerBound - 1..<key.range.upperBound + 1
                    replace(quoted, by: replacement, reader.bytes, &output, &copied)
                }
                _ = try reader.token()
                let start = reader.position
                guard let value = rewriting.value(ofKey: name) else {
                    try rewriteValue(&reader, &output, &copied, level: level + 1, &rewriting)
                    continue
                }
                try reader.skipValue(level: level + 1)
                replace(start..<reader.position, by: value, reader.bytes, &output, &copied)
            }
        case UInt8(ascii: "["):
            try reader.checkDepth(level)
            reader.position += 1
            guard try reader.token() != UInt8(ascii: "]") else {
                reader.position += 1
                return
            }
            while true {
                try rewriteValue(&reader, &output, &copied, level: level + 1, &rewriting)
                let byte = try reader.token()
                guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") else {
                    throw reader.error(.unexpectedByte)
                }
                reader.position += 1
                if byte == UInt8(ascii: "]") { return }
            }
        case UInt8(ascii: "\""):
            let start = reader.position
            let text = try reader.string()
            if let replacement = rewriting.replacement(for: text.string(in: reader.bytes)) {
                replace(start..<reader.position, by: replacement, reader.bytes, &output, &copied)
            }
        default:
            let start = reader.position
            try reader.skipValue(level: level)
            let text = String(decoding: reader.bytes[start..<reader.position], as: UTF8.self)
            if let replacement = rewriting.replacement(for: text) {
                replace(start..<reader.position, by: replacement, reader.bytes, &output, &copied)
            }
        }
    }

    private static func replace(
        _ range: Range<Int>, by text: String, _ bytes: [UInt8], _ output: inout [UInt8],
        _ copied: inout Int
    ) {
        output += bytes[copied..<range.lowerBound]
        JSONWriter.append(text, to: &output)
        copied = range.upperBound
    }
}
