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

    /// Whether it has its footer.
    var isSealed: Bool { pinned == nil }

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

    /// Opens it to have every byte of it checked.
    func openForChecking() throws(JournalError) -> any File {
        try files.open(path, for: .checking)
    }
}
