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
    /// - Throws: code `damaged` when the header is, `newerFormat`, `io`, or `moved` when the file
    ///   is gone.
    func load() throws(JournalError) -> LoadedSegment {
        if let pinned { return pinned }
        return try present { () throws(JournalError) in
            try LoadedSegment.read(path: path, files: files)
        }
    }

    /// What duplicates of its records are found by; `loaded` is its index.
    ///
    /// Where the list of identities is damaged, all of the segment is scanned.
    ///
    /// - Throws: code `io`, or `moved` when the file is gone.
    func identities(of loaded: LoadedSegment) throws(JournalError) -> IdentityIndex {
        try present { () throws(JournalError) in
            let file = try files.open(path, for: .reading)
            if let identities = try loaded.identities(in: file) {
                return IdentityIndex(loaded, identities)
            }
            try check(is: loaded)
            let scanned = try SegmentScan.run(
                file, loaded.header, path: path, limit: loaded.blocksEnd)
            return IdentityIndex(scanned.loaded, scanned.identities)
        }
    }

    /// The bytes of one of its groups.
    ///
    /// - Throws: code `io`, or `moved` when the file is gone.
    func bytes(of group: GroupEntry) throws(JournalError) -> [UInt8] {
        try present { () throws(JournalError) in
            try files.open(path, for: .reading).read(group.length, at: group.position)
        }
    }

    /// Makes sure that the file is still the one whose header and index are `loaded`, before what
    /// cannot be read of it is taken for damage.
    ///
    /// - Throws: code `moved` when another has taken its place, or none.
    func check(is loaded: LoadedSegment) throws(JournalError) {
        let now = try? LoadedSegment.open(files.open(path, for: .reading), path: path).header
        guard files.exists(path), now.map({ $0.salt == loaded.header.salt }) ?? true else {
            throw JournalError(.moved, "the segment was replaced while it was read", path: path)
        }
    }

    private func present<Result>(_ body: () throws(JournalError) -> Result) throws(JournalError)
        -> Result
    {
        do throws(JournalError) {
            return try body()
        } catch {
            guard error.code == .io, !files.exists(path) else { throw error }
            throw JournalError(.moved, "the segment is gone", path: path, cause: error)
        }
    }

    /// Opens it to have every byte of it checked.
    func openForChecking() throws(JournalError) -> any File {
        try files.open(path, for: .checking)
    }
}
