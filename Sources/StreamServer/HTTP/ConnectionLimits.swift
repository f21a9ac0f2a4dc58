/// What a listener takes of connections, and how long it waits for what they say.
package struct ConnectionLimits: Hashable, Sendable {
    /// The most connections at once.
    package var countMax: Int
    /// The most connections at once of one address; 0 for as many as there may be in all.
    package var perAddressMax: Int
    /// How long the head of a request may take from its first byte, in seconds.
    package var headSecondsMax: Int

    package init(countMax: Int = 50_000, perAddressMax: Int = 0, headSecondsMax: Int = 20) {
        self.countMax = countMax
        self.perAddressMax = perAddressMax
        self.headSecondsMax = headSecondsMax
    }
}
