/// Reads records back from the raw bytes of a block.
struct RecordDecoder {
    private var context: GroupContext?
    private var names = Names()

    /// What was spelled out so far, in this group and those before.
    private struct Names {
        var runs = DecodedNames<RunID>()
        var types = DecodedNames<EventType>()
    }

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
                    &reader, &context, &names, expected: expected, isWanted: isWanted,
                    yield: yield),
                offset <= block.last
            else { return false }
            expected = offset.next
        }
        self.context = context
        return reader.remaining == 0 && expected == block.last.next
    }

    private static func decodeRecord(
        _ reader: inout ByteReader, _ context: inout GroupContext, _ names: inout Names,
        expected: Offset,
        isWanted: (RunID, Offset) -> Bool, yield: (Record) -> Void
    ) -> Offset? {
        guard let raw = reader.byte() else { return nil }
        let flags = RecordFlags(rawValue: raw)
        guard flags.isSubset(of: .known), let run = Self.run(&reader, &context, &names.runs),
            let type = Self.type(&reader, &context, &names.types)
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

    private static func run(
        _ reader: inout ByteReader, _ context: inout GroupContext,
        _ names: inout DecodedNames<RunID>
    ) -> Int? {
        guard let index = reader.count(max: GroupContext.namesMax) else { return nil }
        if index == context.runs.count {
            guard let run = name(&reader, &names) else { return nil }
            context.runs.append(run)
            context.lastSeqs.append(.none)
        }
        return index < context.runs.count ? index : nil
    }

    private static func type(
        _ reader: inout ByteReader, _ context: inout GroupContext,
        _ names: inout DecodedNames<EventType>
    ) -> Int? {
        guard let index = reader.count(max: GroupContext.namesMax) else { return nil }
        if index == context.types.count {
            guard let type = name(&reader, &names) else { return nil }
            context.types.append(type)
        }
        return index < context.types.count ? index : nil
    }

    private static func name<Name: SpelledName>(
        _ reader: inout ByteReader, _ names: inout DecodedNames<Name>
    ) -> Name? {
        guard let length = reader.count(max: Name.bytesMax), let bytes = reader.slice(length)
        else { return nil }
        return names.name(bytes)
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
