/// Writes one segment: header, blocks, footer.
///
/// Confined to the committer's thread.
struct SegmentWriter {
    let header: SegmentHeader
    let path: String
    let file: any File
    /// Where the next block goes.
    private(set) var position: Position
    private var synced: Position
    private let encoder: GroupEncoder

    /// Creates the segment's file, its header and its name on disk.
    ///
    /// - Throws: code `io` or `diskFull`; then no file is left.
    static func create(
        _ header: SegmentHeader, _ compressor: LZ4GroupCompressor, _ layout: Layout,
        _ files: any FileSystem
    ) throws(JournalError) -> SegmentWriter {
        let path = layout.segment(header.base)
        let file = try files.create(path)
        do throws(JournalError) {
            let bytes = header.encoded
            try file.write(bytes, at: .zero)
            try file.sync()
            try files.syncDirectory(layout.segments)
            return SegmentWriter(
                header: header, path: path, file: file, length: bytes.count,
                encoder: GroupEncoder(segment: header, compressor: compressor))
        } catch {
            try? files.remove(path)
            throw error
        }
    }

    private init(
        header: SegmentHeader, path: String, file: any File, length: Int, encoder: GroupEncoder
    ) {
        self.header = header
        self.path = path
        self.file = file
        position = Position.zero + length
        synced = position
        self.encoder = encoder
    }

    /// Writes the records of a commit, and syncs them if `isSynced`.
    ///
    /// - Throws: code `io`, after which the file must not be written again, or `diskFull`, after
    ///   which it stands as before.
    mutating func append(_ batch: CommitBatch, isSynced: Bool) throws(JournalError)
        -> [GroupEncoder.EncodedBlock]
    {
        let output = encoder.encode(
            batch.records.span, units: batch.units, at: position, synced: synced)
        do throws(JournalError) {
            try file.write(output.bytes, at: position)
            if isSynced { try syncOnce() }
        } catch {
            encoder.reset()
            try file.truncate(to: position)
            throw error
        }
        position = position + output.bytes.count
        if isSynced { synced = position }
        return output.blocks
    }

    /// Makes everything written so far durable.
    mutating func sync() throws(JournalError) {
        guard synced < position else { return }
        try syncOnce()
        synced = position
    }

    /// - Throws: code `io` whatever the reason: the kernel has dropped what it could not write, a
    ///   full disk included, so that the file must not be written again.
    private func syncOnce() throws(JournalError) {
        do throws(JournalError) {
            try file.sync()
        } catch {
            throw JournalError(.io, error.message, path: path, cause: error)
        }
    }

    /// Writes the footer and syncs it: the segment is never written again, even if this fails.
    ///
    /// - Returns: what is known of it now.
    /// - Throws: code `io` or `diskFull`; then the segment stands without a footer.
    mutating func seal(_ index: SegmentIndex, _ identities: SealedIdentities)
        throws(JournalError) -> LoadedSegment
    {
        let open = LoadedSegment(
            header: header, footer: SegmentFooter(header: header, index: index),
            source: .scan(identities), blocksEnd: position, fileLength: position.rawValue)
        let end = open.footer.encoded(with: identities, at: position)
        do throws(JournalError) {
            // The blocks first: a footer must never stand behind blocks that are not on disk.
            try sync()
            try file.write(end.bytes, at: position)
            try file.sync()
        } catch {
            try? file.truncate(to: position)
            throw error
        }
        return open.sealed(by: end)
    }
}
