package import Journal

/// What retention is to keep to: an age, a size, or both.
package struct RetentionLimits: Hashable, Sendable {
    /// Records older than this go.
    package var age: RetentionAge?
    /// The oldest records go until the segments have no more bytes than this.
    package var size: ByteSize?

    /// These limits; by default none.
    package init(age: RetentionAge? = nil, size: ByteSize? = nil) {
        self.age = age
        self.size = size
    }

    /// Whether there is nothing to keep to.
    package var isEmpty: Bool { age == nil && size == nil }

    /// The policy that they are at `now`.
    package func policy(at now: Timestamp, takesWholeSegmentsOnly: Bool) -> RetentionPolicy {
        RetentionPolicy(
            before: age.map { Timestamp(microseconds: now.microseconds - $0.microseconds) },
            bytesMax: size?.bytes, takesWholeSegmentsOnly: takesWholeSegmentsOnly)
    }
}
