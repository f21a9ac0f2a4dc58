package import Journal

/// A file system in memory that can lose what a disk can lose.
///
/// Fault model:
/// - `crash(_:)` is a power cut. Of every file, what was synced is kept; of what was written since,
///   each 512-byte sector survives or not, by the seed; a sector that was never on disk is zeros;
///   the length is the synced one, the newest, or one between. Of the names of a directory, the
///   changes since it was last synced happened or not, each by itself, a rename as one.
/// - `kill()` ends the process: everything written is kept, and can still be lost to a later crash.
/// - After both, open files fail, and locks are free.
/// - `fail(...)` makes calls that change something fail, from the n-th on: a write may be short,
///   and a failed sync loses what it should have written, as Linux does: a later one does not
///   bring it back.
/// - `capacity` is how many bytes all files may have; more is `diskFull`, after a short write.
/// - Directories themselves, once made, are durable. Nothing that was synced is ever damaged:
///   tests do that with `change(_:_:)`.
package final class MemoryFileSystem: FileSystem {
    private let disk: Locked<MemoryDisk>

    package init() {
        disk = Locked(MemoryDisk())
    }

    // MARK: Faults

    /// Cuts the power.
    package func crash(_ generator: inout SplitMix64) {
        let seed = generator.next()
        disk.withLock { $0.crash(seed: seed) }
    }

    /// Ends the process.
    package func kill() {
        disk.withLock { $0.endProcess() }
    }

    /// Makes `count` calls that change something fail, after `skipped` more that do not.
    package func fail(
        after skipped: Int, count: Int = 1, with code: JournalError.Code = .io,
        isShort: Bool = false
    ) {
        disk.withLock {
            $0.fault = MemoryDisk.Fault(
                skipped: skipped, count: count, code: code, isShort: isShort)
        }
    }

    /// How many calls that change something were made.
    package var changes: Int { disk.withLock { $0.changes } }

    /// How many calls read from a file.
    package var reads: Int { disk.withLock { $0.reads } }

    /// How many bytes all files may have together; nil for any number.
    package var capacity: Int? {
        get { disk.withLock { $0.capacity } }
        set { disk.withLock { $0.capacity = newValue } }
    }

    /// Changes a file's bytes on the disk itself, as decay does.
    package func change(_ path: String, _ body: @Sendable (inout [UInt8]) -> Void) {
        disk.withLock { $0.change(path, body) }
    }

    /// The bytes of the file at `path`; nil when there is none.
    package func contents(_ path: String) -> [UInt8]? {
        disk.withLock { disk in disk.names[path].map { disk.inodes[$0].bytes } }
    }

    /// Copies every file below `directory` to one below `target`, as a backup does.
    package func copy(_ directory: String, to target: String) {
        disk.withLock { $0.copy(directory, to: target) }
    }

    /// Removes everything below `directory`, durably.
    package func removeAll(below directory: String) {
        disk.withLock { $0.removeAll(below: directory) }
    }

    // MARK: FileSystem

    package func open(_ path: String, for access: FileAccess) throws(JournalError) -> any File {
        try disk.withLock { disk throws(JournalError) in
            guard let inode = disk.names[path] else {
                throw JournalError(.io, "no such file", path: path)
            }
            return MemoryFile(self.disk, inode: inode, generation: disk.generation, path: path)
        }
    }

    package func create(_ path: String) throws(JournalError) -> any File {
        try disk.withLock { disk throws(JournalError) in
            try disk.countChange(path)
            guard disk.names[path] == nil else {
                throw JournalError(.io, "the file exists", path: path)
            }
            let inode = disk.addInode()
            disk.apply(.create(path, inode))
            return MemoryFile(self.disk, inode: inode, generation: disk.generation, path: path)
        }
    }

    package func names(in directory: String) throws(JournalError) -> [String] {
        disk.withLock { disk in
            disk.names.keys.compactMap { path in
                MemoryDisk.directory(of: path) == directory
                    ? String(path.dropFirst(directory.count + 1)) : nil
            }
        }
    }

    package func makeDirectory(_ path: String) throws(JournalError) {}

    package func rename(_ path: String, to target: String) throws(JournalError) {
        try disk.withLock { disk throws(JournalError) in
            try disk.countChange(path)
            guard let inode = disk.names[path] else {
                throw JournalError(.io, "no such file", path: path)
            }
            disk.apply(.rename(path, target, inode))
        }
    }

    package func remove(_ path: String) throws(JournalError) {
        try disk.withLock { disk throws(JournalError) in
            try disk.countChange(path)
            guard disk.names[path] != nil else {
                throw JournalError(.io, "no such file", path: path)
            }
            disk.apply(.remove(path))
        }
    }

    package func syncDirectory(_ path: String) throws(JournalError) {
        try disk.withLock { disk throws(JournalError) in
            try disk.countChange(path)
            disk.syncDirectory(path)
        }
    }

    package func exists(_ path: String) -> Bool {
        disk.withLock { $0.names[path] != nil }
    }

    package func identity(of path: String) -> FileIdentity? {
        disk.withLock { disk in
            disk.names[path].map {
                FileIdentity(inode: UInt64($0), birthNanoseconds: UInt64($0) * 1000)
            }
        }
    }

    package func freeBytes(in directory: String) throws(JournalError) -> UInt64 {
        disk.withLock { UInt64(max($0.freeBytes ?? .max, 0)) }
    }

    package func lock(_ path: String) throws(JournalError) -> (any DirectoryLock)? {
        disk.withLock { disk in
            guard disk.locks[path] == nil else { return nil }
            disk.lockCount += 1
            disk.locks[path] = disk.lockCount
            return MemoryLock(self.disk, path: path, number: disk.lockCount)
        }
    }

    package func isLocked(_ path: String) -> Bool {
        disk.withLock { $0.locks[path] != nil }
    }
}

/// A lock that is free once this is gone.
private final class MemoryLock: DirectoryLock {
    private let disk: Locked<MemoryDisk>
    private let path: String
    private let number: Int

    init(_ disk: Locked<MemoryDisk>, path: String, number: Int) {
        self.disk = disk
        self.path = path
        self.number = number
    }

    deinit {
        disk.withLock { [path, number] disk in
            if disk.locks[path] == number { disk.locks[path] = nil }
        }
    }
}

/// An open file; fails once its process has ended.
private final class MemoryFile: File {
    private let disk: Locked<MemoryDisk>
    private let inode: Int
    private let generation: Int
    private let path: String

    init(_ disk: Locked<MemoryDisk>, inode: Int, generation: Int, path: String) {
        self.disk = disk
        self.inode = inode
        self.generation = generation
        self.path = path
    }

    private func check(_ disk: borrowing MemoryDisk) throws(JournalError) {
        guard disk.generation == generation else {
            throw JournalError(.io, "the process has ended", path: path)
        }
    }

    func length() throws(JournalError) -> UInt64 {
        try disk.withLock { [inode] disk throws(JournalError) in
            try check(disk)
            return UInt64(disk.inodes[inode].bytes.count)
        }
    }

    func read(_ count: Int, at position: Position) throws(JournalError) -> [UInt8] {
        try disk.withLock { [inode] disk throws(JournalError) in
            try check(disk)
            disk.reads += 1
            let length = disk.inodes[inode].bytes.count
            let start = min(Int(position.rawValue), length)
            return Array(disk.inodes[inode].bytes[start..<min(start + count, length)])
        }
    }

    func write(_ bytes: [UInt8], at position: Position) throws(JournalError) {
        try disk.withLock { [inode, path] disk throws(JournalError) in
            try check(disk)
            var taken = bytes.count
            var failure: JournalError?
            do throws(JournalError) {
                try disk.countChange(path)
            } catch {
                failure = error
                taken = disk.isFaultShort ? bytes.count / 2 : 0
            }
            if let room = disk.room(for: inode, at: Int(position.rawValue)), taken > room {
                failure = JournalError(.diskFull, "no space left on device", path: path)
                taken = max(room, 0)
            }
            disk.inodes[inode].write(bytes[..<taken], at: Int(position.rawValue))
            if let failure { throw failure }
        }
    }

    func sync() throws(JournalError) {
        try disk.withLock { [inode, path] disk throws(JournalError) in
            try check(disk)
            do throws(JournalError) {
                try disk.countChange(path)
            } catch {
                disk.inodes[inode].forgetDirty()
                throw error
            }
            disk.inodes[inode].sync()
        }
    }

    func truncate(to length: Position) throws(JournalError) {
        try disk.withLock { [inode, path] disk throws(JournalError) in
            try check(disk)
            try disk.countChange(path)
            disk.inodes[inode].truncate(to: Int(length.rawValue))
        }
    }
}
