/// Writes records as the raw bytes of a block.
///
/// Layout: docs/FORMAT.md, "Record".
struct RecordEncoder {
    private var context: GroupContext
    private var runIndex: [RunID: Int] = [:]
    private var typeIndex: [EventType: Int] = [:]

    var anchor: GroupAnchor { context.anchor }

    init(anchor: GroupAnchor) {
        context = GroupContext(anchor: anchor)
    }

    /// At most how many raw bytes `record` takes.
    static func lengthMax(_ record: Record) -> Int {
        record.data.count + record.run.name.utf8.count + record.type.name.utf8.count + 112
    }

    /// At most how many raw bytes the record of `draft` takes, whose run may yet be to be found: a
    /// name that stands in the data, or one that is spelled out once.
    static func lengthMax(_ draft: Draft) -> Int {
        let data = draft.event.data.count
        return data + min(data, RunID.bytesMax) + draft.event.type.name.utf8.count
            + (draft.run?.name.utf8.count ?? 0) + 112
    }

    /// Appends `record`; `expected` is the offset after the record before it in the block, or the
    /// block's first.
    ///
    /// - Precondition: the anchor covers the record's ingest time, and `expected` is not above
    ///   its offset.
    mutating func encode(_ record: Record, expected: Offset, into bytes: inout [UInt8]) {
        let (run, isNewRun) = index(of: record.run)
        var flags: RecordFlags = []
        let needsSeq = isNewRun || record.seq != context.lastSeqs[run].next
        if needsSeq { flags.insert(.seq) }
        if record.offset != expected { flags.insert(.skip) }
        if record.eventTime != nil { flags.insert(.eventTime) }
        if record.origin != nil { flags.insert(.origin) }
        if record.key != nil { flags.insert(.key) }
        if record.shape.contains(.hasRunID) { flags.insert(.hasRunID) }
        if record.shape.contains(.hasCreatedAt) { flags.insert(.hasCreatedAt) }
        bytes.append(flags.rawValue)
        bytes.append(count: run)
        if isNewRun { bytes.append(string: record.run.name) }
        encode(record.type, into: &bytes)
        if needsSeq { bytes.append(varint: record.seq.rawValue) }
        context.lastSeqs[run] = record.seq
        if record.offset != expected {
            bytes.append(varint: record.offset.rawValue - expected.rawValue)
        }
        let monotonic = record.ingest.monotonicMicroseconds
        bytes.append(varint: monotonic &- context.previousMonotonic)
        context.previousMonotonic = monotonic
        if let eventTime = record.eventTime {
            let wall = context.anchor.wall(atMonotonic: monotonic)
            bytes.append(signed: eventTime.microseconds &- wall.microseconds)
        }
        if let origin = record.origin {
            if let epoch = origin.epoch {
                bytes.append(1)
                bytes.append(contentsOf: epoch.bytes)
            } else {
                bytes.append(0)
            }
            bytes.append(varint: origin.offset.rawValue)
        }
        if let key = record.key { bytes.append(fixed: key) }
        bytes.append(count: record.data.count)
        bytes.append(contentsOf: record.data)
    }

    private mutating func index(of run: RunID) -> (index: Int, isNew: Bool) {
        if let index = runIndex[run] { return (index, false) }
        let index = context.runs.count
        runIndex[run] = index
        context.runs.append(run)
        context.lastSeqs.append(.none)
        return (index, true)
    }

    private mutating func encode(_ type: EventType, into bytes: inout [UInt8]) {
        if let index = typeIndex[type] { return bytes.append(count: index) }
        let index = context.types.count
        typeIndex[type] = index
        context.types.append(type)
        bytes.append(count: index)
        bytes.append(string: type.name)
    }
}
