/// The calls that a journal makes on files: POSIX in production, a simulation in tests.
///
/// Every method throws a ``JournalError`` with code `io`, or `diskFull` where the device or quota
/// is full. Interrupted calls are retried and short writes continued inside.
package protocol FileSystem: Sendable {
    /// Opens a file that exists.
    func open(_ path: String, for access: FileAccess) throws(JournalError) -> any File
    /// Creates a file, which must not exist, for writing. Its name is durable only after
    /// ``syncDirectory(_:)``.
    func create(_ path: String) throws(JournalError) -> any File
    /// The names in a directory, in no order; empty when there is no such directory.
    func names(in directory: String) throws(JournalError) -> [String]
    /// Makes a directory and those above it, durably, unless it exists.
    func makeDirectory(_ path: String) throws(JournalError)
    /// Gives the file at `path` the name `target` in one step, in place of whatever had it.
    func rename(_ path: String, to target: String) throws(JournalError)
    /// Removes a file.
    func remove(_ path: String) throws(JournalError)
    /// Makes the names in a directory durable.
    func syncDirectory(_ path: String) throws(JournalError)
    /// Whether there is something at `path`.
    func exists(_ path: String) -> Bool
    /// What tells a file from a copy of it; nil when there is none.
    func identity(of path: String) -> FileIdentity?
    /// How many bytes can still be written to the disk on which `directory` is.
    func freeBytes(in directory: String) throws(JournalError) -> UInt64
    /// Takes the one lock that makes a process a directory's writer, creating the file `path`.
    ///
    /// - Returns: the lock, held until it is released or the process ends; nil when another
    ///   process has it.
    func lock(_ path: String) throws(JournalError) -> (any DirectoryLock)?
    /// Whether some process holds the lock `path`.
    func isLocked(_ path: String) -> Bool
}

/// What a file is opened for.
package enum FileAccess: Sendable {
    case reading
    case writing
    /// Reading what the device has, whatever the kernel remembers of it, and leaving in the
    /// kernel's memory what is there for others; as far as the file system can.
    case checking
}

/// An open file.
///
/// Reads may come from any thread; writes come from one.
package protocol File: Sendable {
    /// How long the file is, in bytes.
    func length() throws(JournalError) -> UInt64
    /// Reads up to `count` bytes from `position`; fewer at the file's end.
    func read(_ count: Int, at position: Position) throws(JournalError) -> [UInt8]
    /// Writes all of `bytes` at `position`.
    func write(_ bytes: [UInt8], at position: Position) throws(JournalError)
    /// Makes what was written durable, the file's length included.
    func sync() throws(JournalError)
    /// Cuts the file to `length` bytes.
    func truncate(to length: Position) throws(JournalError)
}

/// A lock on a directory; released when the object goes.
package protocol DirectoryLock: AnyObject, Sendable {}

/// A file's inode and birth: a copy of the file has others.
package struct FileIdentity: Hashable, Sendable {
    package var inode: UInt64
    package var birthNanoseconds: UInt64

    package init(inode: UInt64, birthNanoseconds: UInt64) {
        self.inode = inode
        self.birthNanoseconds = birthNanoseconds
    }
}
