/// What the records of a group share: names are spelled out once and numbered from then on, times
/// and seqs count from the record before.
///
/// Encoder and decoder keep the same one.
struct GroupContext {
    static let namesMax = 1 << 20

    var anchor: GroupAnchor
    var previousMonotonic: UInt64
    var runs: [RunID] = []
    var lastSeqs: [RunSequence] = []
    var types: [EventType] = []

    init(anchor: GroupAnchor) {
        self.anchor = anchor
        previousMonotonic = anchor.time.monotonicMicroseconds
    }
}

/// The first byte of a record: which optional fields follow.
struct RecordFlags: OptionSet {
    let rawValue: UInt8
    static let seq = RecordFlags(rawValue: 1)
    static let skip = RecordFlags(rawValue: 2)
    static let eventTime = RecordFlags(rawValue: 4)
    static let origin = RecordFlags(rawValue: 8)
    static let key = RecordFlags(rawValue: 16)
    static let hasRunID = RecordFlags(rawValue: 32)
    static let hasCreatedAt = RecordFlags(rawValue: 64)
    static let known = RecordFlags(rawValue: 127)
}
