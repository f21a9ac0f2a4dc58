package import Journal

/// A file system in memory that can lose what a disk can lose.
///
/// Fault model:
/// - **A crash after any call.** `cutPower(after:)` turns the machine off after the n-th call that
///   changes something: later calls have no effect. `crash(_:)` is what is then left on the disk.
/// - **Any subset of unsynced pages survives, torn at 512 bytes.** Of every file, what was synced
///   is kept; of what was written since, each 512-byte sector survives or not, by the seed; a
///   sector that was never on disk is zeros; the length is the synced one, the newest, or one
///   between. After `writeBack(seed:)` pages go to the disk between calls too, so that a page that
///   is written again, or cut off, may be found as it was in between.
/// - **Unsynced names vanish.** Of the names of a directory, the changes since it was last synced
///   (created, removed, renamed) happened or not, each by itself, a rename as one.
/// - **The n-th call fails.** `fail(...)` makes calls that change something fail, from the n-th on,
///   once or for good, with `io` or `diskFull`; a write may be done by half first. `failReads(...)`
///   does the same to reads. The protocol has no interrupted calls: whoever implements it repeats
///   them, and goes on where a write was short (`Tests/Acceptance/test_faulty_calls.py`).
/// - **A failed sync leaves pages clean and gone**, as Linux does: they are read as before, and a
///   later sync does not bring them to the disk.
/// - **A disk that is full.** `capacity` is how many bytes all files may have; more is `diskFull`,
///   after a short write.
/// - **A process that ends.** `kill()` keeps everything written, which can still be lost to a later
///   crash. After a kill or a crash, open files fail, and locks are free.
/// - **Bits rot.** `change(_:_:)` changes what was synced.
///
/// Directories themselves, once made, are durable. What the journal relies on and no honest disk
/// does is in ``DiskLie``.
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
                skipped: skipped, count: count, effect: isShort ? .short(code) : .error(code))
        }
    }

    /// Turns the machine off after `skipped` more calls that change something.
    ///
    /// What is called from then on fails and has no effect; ``crash(_:)`` is the rest of it.
    package func cutPower(after skipped: Int) {
        disk.withLock {
            $0.fault = MemoryDisk.Fault(skipped: skipped, count: .max, effect: .off)
        }
    }

    /// Makes `count` calls that read from a file fail, after `skipped` more that do not.
    package func failReads(after skipped: Int, count: Int = 1) {
        disk.withLock {
            $0.readFault = MemoryDisk.Fault(skipped: skipped, count: count, effect: .error(.io))
        }
    }

    /// Lets every call succeed again.
    package func mend() {
        disk.withLock { disk in
            disk.fault = nil
            disk.readFault = nil
        }
    }

    /// Puts unsynced pages on the disk between calls from now on, as a kernel does.
    package func writeBack(seed: UInt64) {
        disk.withLock { $0.writeback = SplitMix64(seed: seed) }
    }

    /// What the disk does that no disk should.
    package var lies: Set<DiskLie> {
        get { disk.withLock { $0.lies } }
        set { disk.withLock { $0.lies = newValue } }
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

    /// How many bytes all files have.
    package var used: Int {
        disk.withLock { disk in disk.names.values.reduce(0) { $0 + disk.inodes[$1].bytes.count } }
    }

    /// The bytes of every file, by path.
    package var everything: [String: [UInt8]] {
        disk.withLock { disk in disk.names.mapValues { disk.inodes[$0].bytes } }
    }

    /// The state of a whole disk, to come back to.
    package struct Snapshot: Sendable {
        let disk: MemoryDisk
    }

    /// The disk as it is now.
    package func snapshot() -> Snapshot {
        Snapshot(disk: disk.withLock { $0 })
    }

    /// Puts the disk back to what it was; what is open then fails.
    package func restore(_ snapshot: Snapshot) {
        disk.withLock { disk in
            let (generation, lockCount) = (disk.generation, disk.lockCount)
            disk = snapshot.disk
            disk.generation = generation
            disk.lockCount = lockCount
            disk.endProcess()
        }
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
