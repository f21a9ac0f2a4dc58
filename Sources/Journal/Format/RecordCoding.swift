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
private struct RecordFlags: OptionSet {
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

/// Reads records back from the raw bytes of a block.
struct RecordDecoder {
    private var context: GroupContext?

    /// Takes the records of one block, in the order of their group, and hands those that
    /// `isWanted` to `yield`.
    ///
    /// - Returns: false when the bytes are not what an encoder wrote.
    mutating func decode(
        _ raw: ArraySlice<UInt8>, block: BlockHeader,
        isWanted: (RunID, Offset) -> Bool, yield: (Record) -> Void
    ) -> Bool {
        var reader = ByteReader(raw)
        if block.startsGroup {
            guard let anchor = GroupAnchor(&reader) else { return false }
            context = GroupContext(anchor: anchor)
        }
        guard var context = context.take() else { return false }
        var expected = block.first
        for _ in 0..<block.recordCount {
            guard
                let offset = Self.decodeRecord(
                    &reader, &context, expected: expected, isWanted: isWanted, yield: yield),
                offset <= block.last
            else { return false }
            expected = offset.next
        }
        self.context = context
        return reader.remaining == 0 && expected == block.last.next
    }

    private static func decodeRecord(
        _ reader: inout ByteReader, _ context: inout GroupContext, expected: Offset,
        isWanted: (RunID, Offset) -> Bool, yield: (Record) -> Void
    ) -> Offset? {
        guard let raw = reader.byte() else { return nil }
        let flags = RecordFlags(rawValue: raw)
        guard flags.isSubset(of: .known), let run = Self.run(&reader, &context),
            let type = Self.type(&reader, &context)
        else { return nil }
        var seq = context.lastSeqs[run]
        if flags.contains(.seq) {
            guard let value = reader.varint() else { return nil }
            seq = RunSequence(rawValue: value)
        } else {
            guard seq.rawValue < .max else { return nil }
            seq = seq.next
        }
        context.lastSeqs[run] = seq
        var offset = expected
        if flags.contains(.skip) {
            guard let skip = reader.varint() else { return nil }
            let (value, overflow) = expected.rawValue.addingReportingOverflow(skip)
            guard !overflow, value < .max else { return nil }
            offset = Offset(rawValue: value)
        }
        guard let elapsed = reader.varint() else { return nil }
        let monotonic = context.previousMonotonic &+ elapsed
        context.previousMonotonic = monotonic
        let wall = context.anchor.wall(atMonotonic: monotonic)
        var eventTime: Timestamp?
        if flags.contains(.eventTime) {
            guard let shift = reader.signed() else { return nil }
            eventTime = Timestamp(microseconds: wall.microseconds &+ shift)
        }
        var origin: EventID?
        if flags.contains(.origin) {
            guard let value = Self.origin(&reader) else { return nil }
            origin = value
        }
        var key: UInt64?
        if flags.contains(.key) {
            guard let value = reader.fixed(UInt64.self) else { return nil }
            key = value
        }
        guard let length = reader.count(max: BlockHeader.rawLengthMax),
            let data = reader.slice(length)
        else { return nil }
        if isWanted(context.runs[run], offset) {
            var shape: Record.DataShape = []
            if flags.contains(.hasRunID) { shape.insert(.hasRunID) }
            if flags.contains(.hasCreatedAt) { shape.insert(.hasCreatedAt) }
            yield(
                Record(
                    offset: offset, run: context.runs[run], seq: seq, type: context.types[type],
                    ingest: IngestTime(
                        wall: wall, monotonicMicroseconds: monotonic,
                        boot: context.anchor.time.boot),
                    eventTime: eventTime, origin: origin, key: key, shape: shape,
                    data: Array(data)))
        }
        return offset
    }

    private static func run(_ reader: inout ByteReader, _ context: inout GroupContext) -> Int? {
        guard let index = reader.count(max: GroupContext.namesMax) else { return nil }
        if index == context.runs.count {
            guard let name = reader.string(bytesMax: RunID.bytesMax), let run = RunID(name)
            else { return nil }
            context.runs.append(run)
            context.lastSeqs.append(.none)
        }
        return index < context.runs.count ? index : nil
    }

    private static func type(_ reader: inout ByteReader, _ context: inout GroupContext) -> Int? {
        guard let index = reader.count(max: GroupContext.namesMax) else { return nil }
        if index == context.types.count {
            guard let name = reader.string(bytesMax: EventType.bytesMax),
                let type = EventType(name)
            else { return nil }
            context.types.append(type)
        }
        return index < context.types.count ? index : nil
    }

    private static func origin(_ reader: inout ByteReader) -> EventID? {
        guard let hasEpoch = reader.byte(), hasEpoch <= 1 else { return nil }
        var epoch: Epoch?
        if hasEpoch == 1 {
            guard let bytes = reader.slice(Epoch.length), let named = Epoch(bytes: bytes)
            else { return nil }
            epoch = named
        }
        guard let offset = reader.varint() else { return nil }
        return EventID(epoch: epoch, offset: Offset(rawValue: offset))
    }
}
