/// How far a journal is published, as its writer tells other processes in a ``SlotFile``.
///
/// The same file is recovery's evidence of what was published. Layout: docs/FORMAT.md, "durable".
struct DurableMark: Hashable, Sendable {
    static let format = SlotFile.Format(magic: 0x4B4D_4454, contentLength: 32, slotLength: 64)

    var epoch: Epoch
    /// The offset after the last published record.
    var end: Offset
    /// The segment that is being written.
    var segment: Offset
    /// How many bytes of it are published.
    var position: Position

    init(epoch: Epoch, end: Offset, segment: Offset, position: Position) {
        self.epoch = epoch
        self.end = end
        self.segment = segment
        self.position = position
    }

    /// The newest whole mark in the file at `path`; nil when there is none.
    ///
    /// - Throws: ``JournalError`` with code `io`: evidence that cannot be read is not ignored.
    static func read(_ path: String, _ files: any FileSystem) throws(JournalError) -> DurableMark? {
        try SlotFile.newest(path, format, files).flatMap { DurableMark($0.content) }
    }

    private init?(_ content: ArraySlice<UInt8>) {
        var reader = ByteReader(content)
        guard let epochBytes = reader.slice(Epoch.length), let epoch = Epoch(bytes: epochBytes),
            let end = reader.fixed(UInt64.self), let segment = reader.fixed(UInt64.self),
            let position = reader.fixed(UInt64.self)
        else { return nil }
        self.init(
            epoch: epoch, end: Offset(rawValue: end), segment: Offset(rawValue: segment),
            position: Position(rawValue: position))
    }

    /// What a slot says of it.
    var content: [UInt8] {
        var bytes = epoch.bytes
        bytes.append(fixed: end.rawValue)
        bytes.append(fixed: segment.rawValue)
        bytes.append(fixed: position.rawValue)
        return bytes
    }
}

/// Writes durable marks; confined to the committer's thread.
struct DurableMarkWriter {
    private var file: SlotFile
    private(set) var isSynced = true
    private var published: DurableMark?
    private var unwritten: DurableMark?

    /// Opens the mark, or makes it.
    init(_ layout: Layout, _ files: any FileSystem) throws(JournalError) {
        file = try SlotFile(layout.mark, in: layout.directory, DurableMark.format, files)
    }

    /// Publishes that everything before `end` can be read, up to `position` of `segment`.
    ///
    /// A mark that cannot be written now is written at the next ``sync()``.
    mutating func publish(epoch: Epoch, end: Offset, segment: Offset, position: Position) {
        published = DurableMark(epoch: epoch, end: end, segment: segment, position: position)
        unwritten = published
        isSynced = false
        try? write()
    }

    /// Makes the newest mark durable: within a second of a commit, not on its path.
    ///
    /// What could not be synced is written again the next time: the kernel has dropped its pages,
    /// and another sync alone would succeed without them.
    mutating func sync() throws(JournalError) {
        guard !isSynced else { return }
        try write()
        do throws(JournalError) {
            try file.sync()
        } catch {
            unwritten = published
            throw error
        }
        isSynced = true
    }

    private mutating func write() throws(JournalError) {
        guard let mark = unwritten else { return }
        try file.write(mark.content)
        unwritten = nil
    }
}
