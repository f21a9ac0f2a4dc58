/// A row of a registry that makes no sense: which, and why.
package struct RowDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of row, and its id, or its number where that is what makes no sense.
    package let row: String
    /// What is wrong with it.
    package let reason: String

    /// One sentence without an end.
    package var description: String { "\(row): \(reason)" }
}
