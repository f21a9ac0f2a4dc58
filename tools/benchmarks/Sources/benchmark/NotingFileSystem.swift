import Dispatch
import Journal
import Synchronization

/// The machine's files, with a note of what is written to segments and how long their syncs take;
/// or with no syncs at all, for figures in which only the bytes count.
final class NotingFileSystem: FileSystem {
    private let machine = POSIXFileSystem()
    private let isSynced: Bool
    private let notes = Mutex(Notes())

    struct Notes {
        /// Bytes of each write to a segment.
        var writes: [Int] = []
        /// Seconds of each sync of a segment.
        var syncs: [Double] = []
    }

    init(isSynced: Bool = true) {
        self.isSynced = isSynced
    }

    /// Takes the notes so far.
    func takeNotes() -> Notes {
        notes.withLock { notes in
            defer { notes = Notes() }
            return notes
        }
    }

    private func noting(_ file: any File, _ path: String) -> any File {
        path.contains("/segments/") ? NotedFile(file: file, system: self) : file
    }

    func open(_ path: String, for access: FileAccess) throws(JournalError) -> any File {
        let file = try machine.open(path, for: access)
        return access == .reading ? file : noting(file, path)
    }

    func create(_ path: String) throws(JournalError) -> any File {
        noting(try machine.create(path), path)
    }

    func names(in directory: String) throws(JournalError) -> [String] {
        try machine.names(in: directory)
    }

    func makeDirectory(_ path: String) throws(JournalError) { try machine.makeDirectory(path) }

    func rename(_ path: String, to target: String) throws(JournalError) {
        try machine.rename(path, to: target)
    }

    func remove(_ path: String) throws(JournalError) { try machine.remove(path) }

    func syncDirectory(_ path: String) throws(JournalError) {
        if isSynced { try machine.syncDirectory(path) }
    }

    func freeBytes(in directory: String) throws(JournalError) -> UInt64 {
        try machine.freeBytes(in: directory)
    }

    func exists(_ path: String) -> Bool { machine.exists(path) }

    func identity(of path: String) -> FileIdentity? { machine.identity(of: path) }

    func lock(_ path: String) throws(JournalError) -> (any DirectoryLock)? {
        try machine.lock(path)
    }

    func isLocked(_ path: String) -> Bool { machine.isLocked(path) }

    private final class NotedFile: File {
        let file: any File
        let system: NotingFileSystem

        init(file: any File, system: NotingFileSystem) {
            self.file = file
            self.system = system
        }

        func length() throws(JournalError) -> UInt64 { try file.length() }

        func read(_ count: Int, at position: Position) throws(JournalError) -> [UInt8] {
            try file.read(count, at: position)
        }

        func write(_ bytes: [UInt8], at position: Position) throws(JournalError) {
            try file.write(bytes, at: position)
            system.notes.withLock { $0.writes.append(bytes.count) }
        }

        func sync() throws(JournalError) {
            guard system.isSynced else { return }
            let start = Cost.seconds
            try file.sync()
            let taken = Cost.seconds - start
            system.notes.withLock { $0.syncs.append(taken) }
        }

        func truncate(to length: Position) throws(JournalError) { try file.truncate(to: length) }
    }
}
