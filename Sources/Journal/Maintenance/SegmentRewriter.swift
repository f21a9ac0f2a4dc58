/// Makes the segment that is left of another when records are removed from it: the same offsets,
/// in fresh groups, with a salt of its own.
struct SegmentRewriter {
    let environment: Environment
    let layout: Layout
    private let compressor = LZ4GroupCompressor(capacity: GroupEncoder.groupRawMax)
    private var files: any FileSystem { environment.fileSystem }

    init(environment: Environment, layout: Layout) {
        self.environment = environment
        self.layout = layout
    }

    /// What was made.
    struct Result {
        /// The new segment's file; its name is that of a draft.
        var draft: String
        /// How long it is, in bytes.
        var length: UInt64 = 0
        /// Records that could not be read, and are lost.
        var damaged: [ClosedRange<Offset>] = []
    }

    /// Writes the records of `segment` for which `isGone` does not hold to a draft, and syncs it;
    /// `gone` is handed the others.
    ///
    /// - Throws: code `io` or `diskFull`; then no draft is left.
    func rewrite(
        _ segment: SegmentFile, _ loaded: LoadedSegment, kind: SegmentHeader.DeclaredRange.Kind,
        where isGone: (Record) -> Bool, gone: (Record) -> Void
    ) throws(JournalError) -> Result {
        var header = loaded.header
        header.salt = environment.random()
        if header.base < loaded.end {
            header.ranges = [
                .init(
                    kind: kind,
                    range: header.base...Offset(rawValue: loaded.end.rawValue - 1))
            ]
        }
        let draft = layout.segmentDraft
        if files.exists(draft) { try files.remove(draft) }
        let file = try files.create(draft)
        do throws(JournalError) {
            var result = Result(draft: draft)
            let end = try write(segment, loaded, header, file, &result, isGone, gone)
            let scan = try SegmentScan.run(file, header, path: draft)
            var made = scan.loaded
            guard made.blocksEnd == end else {
                throw JournalError(.io, "what was written cannot be read", path: draft)
            }
            made.footer.holes = loaded.footer.holes + result.damaged
            let footer = made.footer.encoded(with: scan.identities, at: end).bytes
            try file.write(footer, at: end)
            try file.sync()
            result.length = end.rawValue + UInt64(footer.count)
            return result
        } catch {
            try? files.remove(draft)
            throw error
        }
    }

    private func write(
        _ segment: SegmentFile, _ loaded: LoadedSegment, _ header: SegmentHeader, _ file: any File,
        _ result: inout Result, _ isGone: (Record) -> Bool, _ gone: (Record) -> Void
    ) throws(JournalError) -> Position {
        let encoder = GroupEncoder(segment: header, compressor: compressor)
        let bytes = header.encoded
        try file.write(bytes, at: .zero)
        var position = Position.zero + bytes.count
        for group in loaded.footer.index.groups {
            var kept: [Record] = []
            let damage = GroupDecoder.decode(
                try segment.bytes(of: group), of: group, in: loaded.header,
                isWanted: { _, _ in true },
                yield: { record in
                    if isGone(record) { gone(record) } else { kept.append(record) }
                })
            if let damage {
                result.damaged.append((damage.reached?.next ?? group.first)...group.last)
            }
            // Each its own unit: what was recorded together is durable long since.
            let output = encoder.encode(
                kept.span, units: kept.indices.map { $0..<$0 + 1 }, at: position,
                synced: position)
            try file.write(output.bytes, at: position)
            position = position + output.bytes.count
        }
        return position
    }
}
