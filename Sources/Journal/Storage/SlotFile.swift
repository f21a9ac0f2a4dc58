/// A small file of two slots that are written in turn, so that one of them is whole at any moment:
/// docs/FORMAT.md, "Slot files".
///
/// It is not synced unless asked, and then survives the process but not the machine.
package struct SlotFile {
    /// What a kind of slot file has in common.
    package struct Format: Sendable {
        /// The first bytes of each slot.
        let magic: UInt32
        /// How many bytes a slot says.
        package let contentLength: Int
        /// How far the slots are apart: at least the content and ``overhead``.
        let slotLength: Int

        /// The bytes of a slot besides its content: magic, version, generation, checksum.
        static let overhead = 20

        /// A kind of slot file.
        package init(magic: UInt32, contentLength: Int, slotLength: Int) {
            precondition(slotLength >= contentLength + Format.overhead)
            self.magic = magic
            self.contentLength = contentLength
            self.slotLength = slotLength
        }
    }

    /// What a whole slot says.
    package struct Slot {
        /// Counts what was written; the newer of two slots has the higher one.
        package let generation: UInt64
        /// ``Format/contentLength`` bytes.
        package let content: ArraySlice<UInt8>
    }

    private let file: any File
    private let format: Format
    private var generation: UInt64

    /// Opens the file at `path` for writing, or makes it; its directory must be there.
    ///
    /// - Throws: ``JournalError`` with code `io` or `diskFull`.
    package init(_ path: String, in directory: String, _ format: Format, _ files: any FileSystem)
        throws(JournalError)
    {
        self.format = format
        generation = try SlotFile.newest(path, format, files)?.generation ?? 0
        if files.exists(path) {
            file = try files.open(path, for: .writing)
        } else {
            file = try files.create(path)
            try files.syncDirectory(directory)
        }
        let missing = 2 * format.slotLength - Int(clamping: try file.length())
        if missing > 0 {
            try file.write(
                [UInt8](repeating: 0, count: missing),
                at: Position.zero + (2 * format.slotLength - missing))
        }
    }

    /// The newest whole slot of the file at `path`; nil when there is none.
    ///
    /// - Throws: ``JournalError`` with code `io`: what cannot be read now may be there all the same.
    package static func newest(_ path: String, _ format: Format, _ files: any FileSystem)
        throws(JournalError) -> Slot?
    {
        guard files.exists(path) else { return nil }
        var bytes = try files.open(path, for: .reading).read(2 * format.slotLength, at: .zero)
        // One that is new may have lost its second slot in a power cut.
        bytes += [UInt8](repeating: 0, count: 2 * format.slotLength - bytes.count)
        let slots = [bytes[..<format.slotLength], bytes[format.slotLength...]]
        return slots.compactMap { format.slot(in: $0) }.max { $0.generation < $1.generation }
    }

    /// Where slots of the file at `path` are that were written and are not whole.
    static func damagedSlots(_ path: String, _ format: Format, _ files: any FileSystem)
        -> [Position]
    {
        guard let file = try? files.open(path, for: .reading),
            let bytes = try? file.read(2 * format.slotLength, at: .zero),
            bytes.count == 2 * format.slotLength
        else { return [.zero] }
        return [0, format.slotLength].compactMap { start in
            let slot = bytes[start..<start + format.slotLength]
            let isBlank = slot.allSatisfy { $0 == 0 }
            return isBlank || format.isWhole(slot) ? nil : Position.zero + start
        }
    }

    /// Replaces the older slot.
    ///
    /// - Throws: ``JournalError`` with code `io` or `diskFull`; then the newer one stands.
    package mutating func write(_ content: [UInt8]) throws(JournalError) {
        let bytes = format.encoded(content, generation: generation + 1)
        let place = Int((generation + 1) % 2) * format.slotLength
        try file.write(bytes, at: Position.zero + place)
        generation += 1
    }

    /// Makes what was written durable.
    package func sync() throws(JournalError) {
        try file.sync()
    }
}

extension SlotFile.Format {
    /// The bytes of a slot.
    func encoded(_ content: [UInt8], generation: UInt64) -> [UInt8] {
        precondition(content.count == contentLength)
        var bytes: [UInt8] = []
        bytes.append(fixed: magic)
        bytes.append(fixed: UInt32(SegmentHeader.version))
        bytes.append(fixed: generation)
        bytes += content
        bytes.append(fixed: Checksum.crc32c(bytes))
        return bytes + [UInt8](repeating: 0, count: slotLength - bytes.count)
    }

    /// Whether `bytes` are a slot to the last byte, unused ones included.
    func isWhole(_ bytes: ArraySlice<UInt8>) -> Bool {
        slot(in: bytes).map { encoded(Array($0.content), generation: $0.generation) }
            == Array(bytes)
    }

    /// What `bytes` say; nil when they are no whole slot.
    func slot(in bytes: ArraySlice<UInt8>) -> SlotFile.Slot? {
        var reader = ByteReader(bytes)
        guard reader.fixed(UInt32.self) == magic,
            reader.fixed(UInt32.self) == UInt32(SegmentHeader.version),
            let generation = reader.fixed(UInt64.self),
            let content = reader.slice(contentLength)
        else { return nil }
        let body = bytes[bytes.startIndex..<reader.index]
        guard reader.fixed(UInt32.self) == Checksum.crc32c(body) else { return nil }
        return SlotFile.Slot(generation: generation, content: content)
    }
}
