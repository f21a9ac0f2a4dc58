/// How far a journal is published, as its writer tells other processes: a small file of two slots
/// that are written in turn, so that one of them is whole at any moment.
///
/// The same file is recovery's evidence of what was published. Layout: docs/FORMAT.md, "durable".
struct DurableMark: Hashable, Sendable {
    static let slotLength = 64
    private static let magic: UInt32 = 0x4B4D_4454

    /// Counts the marks; the newer of two slots has the higher one.
    var generation: UInt64
    var epoch: Epoch
    /// The offset after the last published record.
    var end: Offset
    /// The segment that is being written.
    var segment: Offset
    /// How many bytes of it are published.
    var position: Position

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(fixed: DurableMark.magic)
        bytes.append(fixed: UInt32(SegmentHeader.version))
        bytes.append(fixed: generation)
        bytes.append(contentsOf: epoch.bytes)
        bytes.append(fixed: end.rawValue)
        bytes.append(fixed: segment.rawValue)
        bytes.append(fixed: position.rawValue)
        bytes.append(fixed: Checksum.crc32c(bytes))
        bytes += [UInt8](repeating: 0, count: DurableMark.slotLength - bytes.count)
        return bytes
    }

    private init?(slot: ArraySlice<UInt8>) {
        var reader = ByteReader(slot)
        guard reader.fixed(UInt32.self) == DurableMark.magic,
            reader.fixed(UInt32.self) == UInt32(SegmentHeader.version),
            let generation = reader.fixed(UInt64.self),
            let epochBytes = reader.slice(Epoch.length), let epoch = Epoch(bytes: epochBytes),
            let end = reader.fixed(UInt64.self), let segment = reader.fixed(UInt64.self),
            let position = reader.fixed(UInt64.self)
        else { return nil }
        let body = slot[slot.startIndex..<reader.index]
        guard reader.fixed(UInt32.self) == Checksum.crc32c(body) else { return nil }
        self.generation = generation
        self.epoch = epoch
        self.end = Offset(rawValue: end)
        self.segment = Offset(rawValue: segment)
        self.position = Position(rawValue: position)
    }

    init(generation: UInt64, epoch: Epoch, end: Offset, segment: Offset, position: Position) {
        self.generation = generation
        self.epoch = epoch
        self.end = end
        self.segment = segment
        self.position = position
    }

    /// The newest whole mark in the file at `path`; nil when there is none.
    static func read(_ path: String, _ files: any FileSystem) -> DurableMark? {
        guard let file = try? files.open(path, for: .reading),
            let bytes = try? file.read(2 * slotLength, at: .zero), bytes.count == 2 * slotLength
        else { return nil }
        let slots = [bytes[..<slotLength], bytes[slotLength...]].compactMap(DurableMark.init(slot:))
        return slots.max { $0.generation < $1.generation }
    }
}

/// Writes durable marks; confined to the committer's thread.
struct DurableMarkWriter {
    private let file: any File
    private var generation: UInt64
    private(set) var isSynced = true
    private var unwritten: DurableMark?

    /// Opens the mark, or makes it.
    init(_ layout: Layout, _ files: any FileSystem) throws(JournalError) {
        let path = layout.mark
        generation = DurableMark.read(path, files)?.generation ?? 0
        if files.exists(path) {
            file = try files.open(path, for: .writing)
        } else {
            file = try files.create(path)
            try files.syncDirectory(layout.directory)
        }
        if try file.length() < UInt64(2 * DurableMark.slotLength) {
            try file.write(
                [UInt8](repeating: 0, count: 2 * DurableMark.slotLength), at: .zero)
        }
    }

    /// Publishes that everything before `end` can be read, up to `position` of `segment`.
    ///
    /// A mark that cannot be written now is written at the next ``sync()``.
    mutating func publish(epoch: Epoch, end: Offset, segment: Offset, position: Position) {
        generation += 1
        unwritten = DurableMark(
            generation: generation, epoch: epoch, end: end, segment: segment, position: position)
        isSynced = false
        try? write()
    }

    /// Makes the newest mark durable: within a second of a commit, not on its path.
    mutating func sync() throws(JournalError) {
        guard !isSynced else { return }
        try write()
        try file.sync()
        isSynced = true
    }

    private mutating func write() throws(JournalError) {
        guard let mark = unwritten else { return }
        let slot = Int(mark.generation % 2) * DurableMark.slotLength
        try file.write(mark.encoded, at: Position.zero + slot)
        unwritten = nil
    }
}
