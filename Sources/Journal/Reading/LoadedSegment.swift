/// A segment's header and everything that its footer says or that scanning it found.
struct LoadedSegment: Sendable {
    /// How its index came to be known.
    enum Source: Sendable {
        /// From its footer, which has this checksum, and the identities of its records before it.
        case footer(crc: UInt32, SegmentFooter.IdentitySection)
        /// By scanning, which found these identities.
        case scan(SealedIdentities)
    }

    var header: SegmentHeader
    var footer: SegmentFooter
    var source: Source
    /// Where its blocks end.
    var blocksEnd: Position
    /// The whole file's length.
    var fileLength: UInt64

    /// The offset after the last record that it has or had, or the lowest that it could have.
    var end: Offset {
        max(footer.index.end ?? header.base, header.ranges.last?.range.upperBound.next ?? .zero)
    }

    /// What the header of the segment after it says of it.
    var asPredecessor: SegmentHeader.Predecessor {
        var footerCRC: UInt32 = 0
        if case .footer(let crc, _) = source { footerCRC = crc }
        return SegmentHeader.Predecessor(
            base: header.base, length: fileLength, footerCRC: footerCRC)
    }

    /// The same segment once `end` stands behind its blocks.
    func sealed(by end: SegmentFooter.Encoded) -> LoadedSegment {
        var sealed = self
        sealed.source = .footer(crc: end.crc, end.identities)
        sealed.fileLength = blocksEnd.rawValue + UInt64(end.bytes.count)
        return sealed
    }

    /// About how many bytes of memory its index takes.
    var weight: Int {
        footer.index.weight
    }

    /// Whether the footer was read from the file, not made by scanning.
    var isSealed: Bool { if case .footer = source { true } else { false } }

    /// Reads the segment at `path` by its footer where that is whole, else by scanning.
    ///
    /// - Throws: code `damaged` when both its header and its footer are, `newerFormat`, `io`.
    static func read(path: String, files: any FileSystem) throws(JournalError) -> LoadedSegment {
        let file = try files.open(path, for: .reading)
        let (header, sealed) = try open(file, path: path)
        if let sealed { return sealed }
        return try SegmentScan.run(file, header, path: path).loaded
    }

    /// Reads a segment's header, and its footer if there is one.
    ///
    /// Where the header is damaged, the footer's copy stands in for it.
    ///
    /// - Throws: code `damaged` when both are, `newerFormat`, `io`.
    static func open(
        _ file: any File, path: String
    ) throws(JournalError) -> (header: SegmentHeader, sealed: LoadedSegment?) {
        let sealed = try sealed(file)
        do throws(JournalError) {
            let header = try header(of: file, path: path)
            return (header, sealed?.header == header ? sealed : nil)
        } catch {
            guard error.code == .damaged, let sealed else { throw error }
            return (sealed.header, sealed)
        }
    }

    /// Reads a segment's header.
    ///
    /// - Throws: code `damaged`, `newerFormat` or `io`.
    static func header(of file: any File, path: String) throws(JournalError) -> SegmentHeader {
        let prefix = try file.read(SegmentHeader.prefixLength, at: .zero)
        let length = try SegmentHeader.length(prefix: prefix, path: path)
        return try SegmentHeader(try file.read(length, at: .zero), path: path)
    }

    /// What the footer says; nil when there is none that is whole.
    private static func sealed(_ file: any File) throws(JournalError) -> LoadedSegment? {
        let length = try file.length()
        let trailerLength = UInt64(SegmentTrailer.length)
        guard length > trailerLength else { return nil }
        let last = try file.read(
            SegmentTrailer.length, at: Position(rawValue: length - trailerLength))
        guard let trailer = SegmentTrailer(last, fileLength: length) else { return nil }
        let bytes = try file.read(trailer.length, at: trailer.position)
        guard bytes.count == trailer.length,
            let (footer, section) = SegmentFooter.read(bytes, crc: trailer.bodyCRC),
            trailer.isPart(of: footer.header), section.length <= trailer.position.rawValue
        else { return nil }
        return LoadedSegment(
            header: footer.header, footer: footer,
            source: .footer(crc: trailer.bodyCRC, section),
            blocksEnd: Position(rawValue: trailer.position.rawValue - UInt64(section.length)),
            fileLength: length)
    }

    /// Whether the identities of its records are in `file` as they were written.
    ///
    /// - Throws: code `io`.
    func hasSoundIdentities(in file: any File) throws(JournalError) -> Bool {
        guard case .footer(_, let section) = source else { return true }
        return Checksum.crc32c(try file.read(section.length, at: blocksEnd)) == section.crc
    }

    /// The identities of its records, read from its `file` where they are not known yet; nil when
    /// they are damaged.
    ///
    /// - Throws: code `io`.
    func identities(in file: any File) throws(JournalError) -> SealedIdentities? {
        switch source {
        case .scan(let identities):
            return identities
        case .footer(_, let section):
            let bytes = try file.read(section.length, at: blocksEnd)
            guard Checksum.crc32c(bytes) == section.crc else { return nil }
            return SealedIdentities(bytes, groups: footer.index.groups.count)
        }
    }
}
