import Journal

/// A pattern of the names of runs, in which `*` stands for anything and all else for itself.
package struct RunPattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern as it was written.
    package let description: String

    /// The pattern written as `text`; nil when it is empty, longer than a run's name may be, or
    /// holds a control character.
    package init?(_ text: String) {
        guard RunID(text) != nil else { return nil }
        description = text
    }

    /// Whether it describes every run.
    var isAny: Bool { description.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }

    /// The pattern as names are held against it.
    var names: NamePattern { NamePattern(description) }
}
