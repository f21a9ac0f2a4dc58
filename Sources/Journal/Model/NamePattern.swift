/// A pattern of names, in which `*` stands for anything and all else for itself.
package struct NamePattern: Hashable, Sendable {
    private let parts: [[UInt8]]

    /// The pattern written as `text`.
    package init(_ text: String) {
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map(Array.init)
    }

    /// Whether the pattern is that of a name, whose bytes these are.
    package func matches(_ name: [UInt8]) -> Bool {
        var rest = name[...]
        guard let first = parts.first, let last = parts.last else { return true }
        guard parts.count > 1 else { return name == first }
        guard rest.starts(with: first) else { return false }
        rest = rest.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            guard let end = NamePattern.end(of: part, in: rest) else { return false }
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
