/// The run that a thread of conversation belongs to.
struct ThreadHome: Hashable, Sendable {
    var run: RunID
    /// Whether the thread was seen to be created there: that outweighs where else it is named.
    var isCreated: Bool
}
