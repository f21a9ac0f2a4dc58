package import Journal

/// A file system in memory in which the catalog is a real file, since SQLite makes it.
///
/// No crash touches the catalog: a test deletes, damages and exchanges it.
package struct CatalogedFileSystem: FileSystem {
    private let memory: MemoryFileSystem
    private let disk = POSIXFileSystem()

    package init(_ memory: MemoryFileSystem) {
        self.memory = memory
    }

    private func files(_ path: String) -> any FileSystem {
        path.contains("catalog.sqlite") ? disk : memory
    }

    package func open(_ path: String, for access: FileAccess) throws(JournalError) -> any File {
        try files(path).open(path, for: access)
    }

    package func create(_ path: String) throws(JournalError) -> any File {
        try files(path).create(path)
    }

    package func names(in directory: String) throws(JournalError) -> [String] {
        try memory.names(in: directory)
    }

    package func makeDirectory(_ path: String) throws(JournalError) {
        try memory.makeDirectory(path)
    }

    package func rename(_ path: String, to target: String) throws(JournalError) {
        try files(path).rename(path, to: target)
    }

    package func remove(_ path: String) throws(JournalError) {
        try files(path).remove(path)
    }

    package func syncDirectory(_ path: String) throws(JournalError) {
        try memory.syncDirectory(path)
    }

    package func freeBytes(in directory: String) throws(JournalError) -> UInt64 {
        try memory.freeBytes(in: directory)
    }

    package func exists(_ path: String) -> Bool {
        files(path).exists(path)
    }

    package func identity(of path: String) -> FileIdentity? {
        files(path).identity(of: path)
    }

    package func lock(_ path: String) throws(JournalError) -> (any DirectoryLock)? {
        try memory.lock(path)
    }

    package func isLocked(_ path: String) -> Bool {
        memory.isLocked(path)
    }
}
