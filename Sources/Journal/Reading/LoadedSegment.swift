/// A segment's header and everything that its footer says or that scanning it found.
struct LoadedSegment: Sendable {
    var header: SegmentHeader
    var footer: SegmentFooter
    /// Where its blocks end.
    var blocksEnd: Position
    /// The whole file's length.
    var fileLength: UInt64
    /// The checksum of the footer in the file; nil when there is none, so that it was scanned.
    var footerCRC: UInt32?

    /// The offset after the last record that it has or had, or the lowest that it could have.
    var end: Offset {
        max(footer.index.end ?? header.base, header.ranges.last?.range.upperBound.next ?? .zero)
    }

    /// Whether the footer was read from the file, not made by scanning.
    var isSealed: Bool { footerCRC != nil }

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
            let footer = SegmentFooter(body: bytes, crc: trailer.bodyCRC),
            trailer.isPart(of: footer.header)
        else { return nil }
        return LoadedSegment(
            header: footer.header, footer: footer, blocksEnd: trailer.position,
            fileLength: length, footerCRC: trailer.bodyCRC)
    }
}
