/// Which types of upstream events are recorded: a pattern in which `*` stands for anything.
package struct TypeFilter: Hashable, Sendable {
    /// What is recorded unless told otherwise.
    package static let agentChat = TypeFilter("agent_chat_*")

    private let parts: [[UInt8]]

    /// The filter written as `pattern`.
    package init(_ pattern: String) {
        parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map(Array.init)
    }

    /// Whether events of this type are recorded.
    package func matches(_ type: String) -> Bool {
        var rest = Array(type.utf8)[...]
        guard let first = parts.first, let last = parts.last else { return true }
        guard parts.count > 1 else { return Array(rest) == first }
        guard rest.starts(with: first) else { return false }
        rest = rest.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            guard let end = TypeFilter.end(of: part, in: rest) else { return false }
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
