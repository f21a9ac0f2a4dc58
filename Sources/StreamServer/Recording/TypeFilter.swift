import Journal

/// Which types of upstream events are recorded: those that one of a set of patterns describes.
///
/// In a pattern `*` stands for anything, and all else for itself.
package struct TypeFilter: Hashable, Sendable {
    /// What is recorded unless told otherwise.
    package static let agentChat = TypeFilter("agent_chat_*")

    private let patterns: [NamePattern]

    /// The filter of these patterns; nothing passes where there is none.
    package init(_ patterns: some Sequence<String>) {
        self.patterns = patterns.map(NamePattern.init)
    }

    /// The filter of one pattern.
    package init(_ pattern: String) {
        self.init(CollectionOfOne(pattern))
    }

    /// Whether events of this type are recorded.
    package func matches(_ type: String) -> Bool {
        let bytes = Array(type.utf8)
        return patterns.contains { $0.matches(bytes) }
    }
}
