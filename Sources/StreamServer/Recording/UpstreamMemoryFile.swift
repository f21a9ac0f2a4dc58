import DequeModule
import Journal

/// Keeps an ``UpstreamMemory`` across restarts, in a small file of the journal's directory:
/// docs/FORMAT.md, "upstreams".
///
/// A memory is written after the journal holds what it remembers, and is not synced but once: after
/// a power cut it may be old, which is harmless.
struct UpstreamMemoryFile {
    private static let format = SlotFile.Format(
        magic: 0x5355_4454, contentLength: 20 + 8 * UpstreamMemory.keysMax, slotLength: 2560)

    private let path: String
    private let directory: String
    private let files: any FileSystem
    private var file: SlotFile?

    /// The file for the upstream called `name`, in `directory`; it is made when it is written.
    init(upstream name: String, in directory: String, _ files: any FileSystem = POSIXFileSystem()) {
        let digits = String(Checksum.hash64(name.utf8, seed: 5), radix: 16)
        path = "\(directory)/\(String(repeating: "0", count: 16 - digits.count))\(digits)"
        self.directory = directory
        self.files = files
    }

    /// What is remembered; nil if the upstream has never been linked.
    ///
    /// Events are forgotten where the file is damaged, or the journal's `epoch` has changed since,
    /// so that it may have lost what the memory holds. Where not even the time is left, the upstream
    /// counts as heard when the journal's newest record was taken in: `lastIngest`.
    func read(epoch: Epoch, lastIngest: Timestamp) -> UpstreamMemory? {
        guard files.exists(path) else { return nil }
        guard let slot = try? SlotFile.newest(path, UpstreamMemoryFile.format, files),
            let (found, memory) = UpstreamMemoryFile.decode(slot.content)
        else { return UpstreamMemory(heardAt: lastIngest, isForgetful: true) }
        return found == epoch
            ? memory : UpstreamMemory(heardAt: memory.heardAt, isForgetful: true)
    }

    /// Writes what is remembered.
    ///
    /// - Throws: `JournalError` with code `io` or `diskFull`; then what was written before stands.
    mutating func write(_ memory: UpstreamMemory, epoch: Epoch) throws(JournalError) {
        let content = UpstreamMemoryFile.encode(memory, epoch)
        if file == nil {
            let isNew = !files.exists(path)
            try files.makeDirectory(directory)
            var created = try SlotFile(path, in: directory, UpstreamMemoryFile.format, files)
            // That the upstream was linked at all is known for good.
            if isNew {
                try created.write(content)
                try created.sync()
            }
            file = created
        }
        try file?.write(content)
    }

    private static func encode(_ memory: UpstreamMemory, _ epoch: Epoch) -> [UInt8] {
        var bytes: [UInt8] = epoch.bytes
        bytes.append(fixed: UInt64(bitPattern: memory.heardAt.microseconds))
        bytes.append(fixed: UInt16(memory.keys.count))
        bytes.append(fixed: UInt16(memory.isForgetful ? 1 : 0))
        for key in memory.keys { bytes.append(fixed: key) }
        return bytes + [UInt8](repeating: 0, count: format.contentLength - bytes.count)
    }

    private static func decode(_ content: ArraySlice<UInt8>) -> (Epoch, UpstreamMemory)? {
        var reader = ByteReader(content)
        guard let name = reader.slice(Epoch.length), let epoch = Epoch(bytes: name),
            let heardAt = reader.fixed(UInt64.self), let count = reader.fixed(UInt16.self),
            count <= UpstreamMemory.keysMax, let flags = reader.fixed(UInt16.self)
        else { return nil }
        let keys = (0..<count).compactMap { _ in reader.fixed(UInt64.self) }
        let memory = UpstreamMemory(
            keys: keys, heardAt: Timestamp(microseconds: Int64(bitPattern: heardAt)),
            isForgetful: flags & 1 == 1)
        return (epoch, memory)
    }
}
