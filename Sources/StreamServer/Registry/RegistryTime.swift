package import Journal

/// A moment in a registry, and the text that stands there for it.
package struct RegistryTime: Hashable, Sendable {
    package let text: String
    package let moment: Timestamp
}
