/// A segment that is no longer written, as readers know it: opened when it is read, closed after.
final class SegmentFile: Sendable {
    let path: String
    /// No record in it has a lower offset; those at or above the next segment's base do not count.
    let base: Offset
    private let files: any FileSystem
    /// What was found by scanning a segment that has no footer; such a segment is never re-read.
    private let pinned: LoadedSegment?

    init(path: String, base: Offset, files: any FileSystem, pinned: LoadedSegment? = nil) {
        self.path = path
        self.base = base
        self.files = files
        self.pinned = pinned
    }

    /// Its header and index: from its footer, or by scanning all of it.
    ///
    /// - Throws: code `damaged` when the header is, `newerFormat`, `io`.
    func load() throws(JournalError) -> LoadedSegment {
        if let pinned { return pinned }
        return try LoadedSegment.read(path: path, files: files)
    }

    /// The bytes of one of its groups.
    func bytes(of group: GroupEntry) throws(JournalError) -> [UInt8] {
        try files.open(path, for: .reading).read(group.length, at: group.position)
    }
}

/// A segment's header and everything that its footer says or that scanning it found.
struct LoadedSegment: Sendable {
    var header: SegmentHeader
    var footer: SegmentFooter
    /// Where its blocks end.
    var blocksEnd: Position
    /// The whole file's length.
    var fileLength: UInt64
    /// Whether the footer was read from the file, not made by scanning.
    var isSealed: Bool

    /// Reads the segment at `path` by its footer where that is whole, else by scanning.
    static func read(path: String, files: any FileSystem) throws(JournalError) -> LoadedSegment {
        let file = try files.open(path, for: .reading)
        let header = try header(of: file, path: path)
        let length = try file.length()
        if let sealed = try sealed(file, header, length) { return sealed }
        return try SegmentScan.run(file, header, path: path).loaded
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
    static func sealed(
        _ file: any File, _ header: SegmentHeader, _ length: UInt64
    ) throws(JournalError) -> LoadedSegment? {
        let trailerLength = UInt64(SegmentFooter.trailerLength)
        guard length > trailerLength else { return nil }
        let trailer = try file.read(
            SegmentFooter.trailerLength, at: Position(rawValue: length - trailerLength))
        guard let body = SegmentFooter.body(trailer: trailer, fileLength: length, in: header)
        else { return nil }
        let bytes = try file.read(body.length, at: body.position)
        guard bytes.count == body.length,
            let footer = SegmentFooter(body: bytes, crc: body.crc, in: header)
        else { return nil }
        return LoadedSegment(
            header: header, footer: footer, blocksEnd: body.position, fileLength: length,
            isSealed: true)
    }
}
