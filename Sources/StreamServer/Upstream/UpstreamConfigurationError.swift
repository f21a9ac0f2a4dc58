/// A setting of an upstream that cannot be used: tell the user, who has to correct it.
package struct UpstreamConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence that says what is wrong and what is wanted.
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
