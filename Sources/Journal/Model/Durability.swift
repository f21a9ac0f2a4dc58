/// What an acknowledged record survives.
public enum Durability: String, Hashable, Sendable {
    /// A kill of the process and a power cut, on a device that honours flushes: every commit is
    /// synced before anyone is told of it.
    case durable
    /// A kill of the process; a power cut may take the last moments, and then the epoch forks.
    case os
}
