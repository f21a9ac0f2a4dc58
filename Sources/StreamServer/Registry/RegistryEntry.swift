import Journal

/// What a row of a registry tells, and when it happened: small, so that many can be put in order.
struct RegistryEntry: Hashable, Comparable, Sendable {
    /// What is told; in the order in which it happens where the times are the same.
    enum Kind: UInt8, Comparable, Sendable {
        /// A thread was created.
        case created
        /// A message was said.
        case message
        /// A thread ended.
        case closed

        static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    let kind: Kind
    /// The number of the row.
    let row: Int64
    /// When it happened; nil where the row does not make sense.
    let time: Timestamp?

    init(_ kind: Kind, row: Int64, at time: Timestamp?) {
        self.kind = kind
        self.row = row
        self.time = time
    }

    /// In order of time; rows that make no sense come first.
    static func < (left: RegistryEntry, right: RegistryEntry) -> Bool {
        let first = left.time ?? Timestamp(microseconds: .min)
        let second = right.time ?? Timestamp(microseconds: .min)
        return (first, left.kind, left.row) < (second, right.kind, right.row)
    }
}
