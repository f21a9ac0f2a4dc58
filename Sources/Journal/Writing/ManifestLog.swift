/// The file `MANIFEST` while it is written: each entry is on disk before ``append(_:)`` returns.
struct ManifestLog {
    let journalID: JournalID
    private(set) var manifest: Manifest
    private let file: any File
    private var position: Position
    /// Whether there may be bytes of a failed write behind the end.
    private var isRagged = false

    /// The epoch of ids that are given out now.
    private(set) var epoch: Epoch

    /// Makes `entry` durable.
    ///
    /// - Throws: code `io` or `diskFull`; then the file ends as before.
    mutating func append(_ entry: Manifest.Entry) throws(JournalError) {
        let bytes = entry.encoded
        // What a failed write has left must not show behind this one.
        if isRagged { try cut() }
        do throws(JournalError) {
            try file.write(bytes, at: position)
            try file.sync()
        } catch {
            isRagged = true
            try? cut()
            throw error
        }
        position = position + bytes.count
        manifest.apply(entry)
        epoch = manifest.epochs.current ?? epoch
    }

    private mutating func cut() throws(JournalError) {
        try file.truncate(to: position)
        isRagged = false
    }

    /// Begins the manifest of a new journal.
    ///
    /// - Precondition: the first of `entries` creates it.
    static func create(
        _ entries: [Manifest.Entry], _ layout: Layout, _ files: any FileSystem
    ) throws(JournalError) -> ManifestLog {
        var manifest = Manifest()
        for entry in entries { manifest.apply(entry) }
        guard let id = manifest.journalID, let epoch = manifest.epochs.current else {
            preconditionFailure("a manifest begins with the entry that creates the journal")
        }
        let draft = layout.manifestDraft
        if files.exists(draft) { try files.remove(draft) }
        let file = try files.create(draft)
        let bytes = Manifest.header + entries.flatMap(\.encoded)
        try file.write(bytes, at: .zero)
        try file.sync()
        try files.rename(draft, to: layout.manifest)
        try files.syncDirectory(layout.directory)
        return ManifestLog(
            journalID: id, manifest: manifest, file: file, position: Position.zero + bytes.count,
            epoch: epoch)
    }

    /// Opens the manifest at hand for writing; a torn last entry is cut.
    ///
    /// - Throws: code `damaged` or `newerFormat`.
    static func open(_ layout: Layout, _ files: any FileSystem) throws(JournalError)
        -> ManifestLog
    {
        let file = try files.open(layout.manifest, for: .writing)
        let bytes = try file.read(Int(try file.length()), at: .zero)
        let (manifest, length) = try Manifest.read(bytes, path: layout.manifest)
        guard let id = manifest.journalID, let epoch = manifest.epochs.current else {
            throw JournalError(.damaged, "the MANIFEST names no journal", path: layout.manifest)
        }
        if length < bytes.count { try file.truncate(to: Position.zero + length) }
        // The last entry may be in the kernel's memory alone, if the process was killed.
        try file.write(Array(bytes[..<length]), at: .zero)
        try file.sync()
        try files.syncDirectory(layout.directory)
        return ManifestLog(
            journalID: id, manifest: manifest, file: file, position: Position.zero + length,
            epoch: epoch)
    }
}
