import Journal

/// What an event lacks that a registry may have.
enum HealingNeed: Hashable, Sendable {
    /// The whole content of a message that may be cut.
    case content(messageID: String, cut: CutContent)
    /// The message with which a thread began.
    case delegation(thread: String)
    /// The creation of a thread of which the journal knows nothing.
    case thread(String)
}
