/// Writes one run as a tape: a sealed segment that holds no other run.
///
/// The records keep their offsets, seqs, times and origins. What is missing of the run is told by
/// the tape as by the journal. The bytes are handed out as they are made, to go anywhere.
package struct TapeWriter {
    private let header: SegmentHeader
    private let encoder: GroupEncoder
    private var position = Position.zero
    private var index = SegmentIndex()
    private var identities: [(hash: UInt64, group: Int)] = []
    private var holes: [ClosedRange<Offset>] = []

    /// A tape of `run`, which `journal` knows.
    package init(
        of run: RunID, in journal: some JournalReading, environment: Environment = .system()
    ) {
        let (id, epoch, summary, removed) = journal.reader.state.withLock { state in
            (
                state.journalID, state.epochs.current, state.summary(of: run),
                state.removals.runs[run]
            )
        }
        var random = EnvironmentRandom(environment: environment)
        var header = SegmentHeader(
            journalID: id ?? JournalID(high: random.next(), low: random.next()),
            epoch: epoch ?? Epoch.random(using: &random), salt: random.next(),
            base: min(summary?.first ?? .zero, removed?.first ?? summary?.first ?? .zero),
            created: environment.now().wall, predecessor: nil)
        if let removed {
            let kind: SegmentHeader.DeclaredRange.Kind =
                removed.reason == .deleted ? .deleted : .retention
            header.ranges = [.init(kind: kind, range: removed.first...removed.last)]
        }
        self.header = header
        encoder = GroupEncoder(
            segment: header,
            compressor: LZ4GroupCompressor(capacity: GroupEncoder.groupRawMax))
    }

    /// The bytes of the next items of the run, in order.
    ///
    /// - Throws: ``JournalError`` with code `damaged` when a record's data is no JSON object.
    package mutating func append(_ items: [ReadPage.Item]) throws(JournalError) -> [UInt8] {
        var bytes: [UInt8] = position == .zero ? header.encoded : []
        var records: [Record] = []
        var fields: [EventFields] = []
        for item in items {
            switch item {
            case .record(let record):
                records.append(record)
                fields.append(try TapeWriter.fields(of: record))
            case .gap(let gap):
                // What was removed on purpose stands in the header.
                if gap.reason == .corruption { holes.append(gap.range) }
            }
        }
        let start = position + bytes.count
        let output = encoder.encode(
            records.span, units: records.indices.map { $0..<$0 + 1 }, at: start, synced: start)
        index.add(
            output.blocks, records: records.span, fields: fields.span, segment: header.base)
        for (record, fields) in zip(records, fields) {
            guard let group = index.group(reaching: record.offset) else { continue }
            Identity(record, fields).forEachHash { identities.append(($0, group)) }
        }
        bytes += output.bytes
        position = position + bytes.count
        return bytes
    }

    /// The bytes that end the tape.
    package mutating func finish() -> [UInt8] {
        var bytes: [UInt8] = position == .zero ? header.encoded : []
        let footer = SegmentFooter(header: header, index: index, holes: holes)
        bytes +=
            footer.encoded(with: SealedIdentities(identities), at: position + bytes.count).bytes
        return bytes
    }

    private static func fields(of record: Record) throws(JournalError) -> EventFields {
        do throws(JSONError) {
            return try JSONScanner.data(in: record.data).fields
        } catch {
            throw JournalError(
                .damaged,
                "the data at offset \(record.offset.rawValue) is no JSON object: \(error)")
        }
    }
}
