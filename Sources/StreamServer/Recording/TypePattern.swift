/// A pattern of type names, in which `*` stands for anything and all else for itself.
struct TypePattern: Hashable, Sendable {
    private let parts: [[UInt8]]

    /// The pattern written as `text`.
    init(_ text: String) {
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map(Array.init)
    }

    /// Whether the pattern is that of a type's name, whose bytes these are.
    func matches(_ type: [UInt8]) -> Bool {
        var rest = type[...]
        guard let first = parts.first, let last = parts.last else { return true }
        guard parts.count > 1 else { return type == first }
        guard rest.starts(with: first) else { return false }
        rest = rest.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            guard let end = TypePattern.end(of: part, in: rest) else { return false }
            rest = rest[end...]
        }
        return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
    }

    private static func end(of part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard !part.isEmpty else { return bytes.startIndex }
        var start = bytes.startIndex
        while start + part.count <= bytes.endIndex {
            if bytes[start..<start + part.count].elementsEqual(part) { return start + part.count }
            start += 1
        }
        return nil
    }
}
