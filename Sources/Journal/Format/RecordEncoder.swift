/// Writes records as the raw bytes of a block.
///
/// Layout: docs/FORMAT.md, "Record".
struct RecordEncoder {
    private var context: GroupContext
    private var runIndex: [RunID: Int] = [:]
    private var typeIndex: [EventType: Int] = [:]
    /// The numbers of the run and of the type met last.
    private var recentRun = 0
    private var recentType = 0

    var anchor: GroupAnchor { context.anchor }

    init(anchor: GroupAnchor) {
        context = GroupContext(anchor: anchor)
    }

    /// At most how many raw bytes the record at `place` of `records` takes.
    static func lengthMax(_ records: Span<Record>, at place: Int) -> Int {
        records[place].data.count + records[place].run.name.utf8.count
            + records[place].type.name.utf8.count + 112
    }

    /// At most how many raw bytes the record of `draft` takes, whose run may yet be to be found: a
    /// name that stands in the data, or one that is spelled out once.
    static func lengthMax(_ draft: Draft) -> Int {
        let data = draft.event.data.count
        return data + min(data, RunID.bytesMax) + draft.event.type.name.utf8.count
            + (draft.run?.name.utf8.count ?? 0) + 112
    }

    /// Appends the record at `place` of `records`; `expected` is the offset after the record before
    /// it in the block, or the block's first.
    ///
    /// It is not copied: that would cost as much as all the rest.
    ///
    /// - Precondition: the anchor covers the record's ingest time, and `expected` is not above
    ///   its offset.
    mutating func encode(
        _ records: Span<Record>, at place: Int, expected: Offset, into bytes: inout [UInt8]
    ) {
        let (run, isNewRun) = index(of: records[place].run)
        let seq = records[place].seq
        var flags: RecordFlags = []
        let needsSeq = isNewRun || seq != context.lastSeqs[run].next
        if needsSeq { flags.insert(.seq) }
        if records[place].offset != expected { flags.insert(.skip) }
        if records[place].eventTime != nil { flags.insert(.eventTime) }
        if records[place].origin != nil { flags.insert(.origin) }
        if records[place].key != nil { flags.insert(.key) }
        if records[place].shape.contains(.hasRunID) { flags.insert(.hasRunID) }
        if records[place].shape.contains(.hasCreatedAt) { flags.insert(.hasCreatedAt) }
        bytes.append(flags.rawValue)
        bytes.append(count: run)
        if isNewRun { bytes.append(string: records[place].run.name) }
        encode(records[place].type, into: &bytes)
        if needsSeq { bytes.append(varint: seq.rawValue) }
        context.lastSeqs[run] = seq
        if records[place].offset != expected {
            bytes.append(varint: records[place].offset.rawValue - expected.rawValue)
        }
        let monotonic = records[place].ingest.monotonicMicroseconds
        bytes.append(varint: monotonic &- context.previousMonotonic)
        context.previousMonotonic = monotonic
        if let eventTime = records[place].eventTime {
            let wall = context.anchor.wall(atMonotonic: monotonic)
            bytes.append(signed: eventTime.microseconds &- wall.microseconds)
        }
        if let origin = records[place].origin {
            if let epoch = origin.epoch {
                bytes.append(1)
                bytes.append(contentsOf: epoch.bytes)
            } else {
                bytes.append(0)
            }
            bytes.append(varint: origin.offset.rawValue)
        }
        if let key = records[place].key { bytes.append(fixed: key) }
        let data = records[place].data
        bytes.append(count: data.count)
        bytes.append(contentsOf: data)
    }

    private mutating func index(of run: RunID) -> (index: Int, isNew: Bool) {
        if recentRun < context.runs.count, context.runs[recentRun] == run {
            return (recentRun, false)
        }
        if let index = runIndex[run] {
            recentRun = index
            return (index, false)
        }
        let index = context.runs.count
        runIndex[run] = index
        context.runs.append(run)
        context.lastSeqs.append(.none)
        return (index, true)
    }

    private mutating func encode(_ type: EventType, into bytes: inout [UInt8]) {
        if recentType < context.types.count, context.types[recentType] == type {
            return bytes.append(count: recentType)
        }
        if let index = typeIndex[type] {
            recentType = index
            return bytes.append(count: index)
        }
        let index = context.types.count
        typeIndex[type] = index
        context.types.append(type)
        bytes.append(count: index)
        bytes.append(string: type.name)
    }
}
