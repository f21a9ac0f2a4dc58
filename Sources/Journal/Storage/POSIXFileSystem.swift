import CPlatform
import Glibc

/// The machine's files.
package struct POSIXFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, for access: FileAccess) throws(JournalError) -> any File {
        switch access {
        case .reading: try POSIXFile(path: path, flags: O_RDONLY | O_CLOEXEC)
        case .writing: try POSIXFile(path: path, flags: O_RDWR | O_CLOEXEC)
        case .checking: try DirectFile(path: path)
        }
    }

    package func create(_ path: String) throws(JournalError) -> any File {
        try POSIXFile(path: path, flags: O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)
    }

    package func names(in directory: String) throws(JournalError) -> [String] {
        // SAFETY: the stream is closed on every way out, and entries are read before the next.
        guard let stream = unsafe opendir(directory) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw .system("the directory cannot be listed", path: directory)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    package func makeDirectory(_ path: String) throws(JournalError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            let above = made.isEmpty ? "/" : made
            made += "/" + part
            if unsafe mkdir(made, 0o777) == 0 {
                try syncDirectory(above)
            } else if errno != EEXIST, !exists(made) {
                throw .system("the directory cannot be made", path: made)
            }
        }
    }

    package func rename(_ path: String, to target: String) throws(JournalError) {
        guard unsafe Glibc.rename(path, target) == 0 else {
            throw .system("the file cannot be renamed to \(target)", path: path)
        }
    }

    package func remove(_ path: String) throws(JournalError) {
        guard unsafe unlink(path) == 0 else {
            throw .system("the file cannot be removed", path: path)
        }
    }

    package func syncDirectory(_ path: String) throws(JournalError) {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .system("the directory cannot be opened", path: path)
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw .system("the directory cannot be synced", path: path)
        }
    }

    package func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    package func identity(of path: String) -> FileIdentity? {
        var inode: UInt64 = 0
        var birth: UInt64 = 0
        guard unsafe tapedeck_file_identity(path, &inode, &birth) == 0 else { return nil }
        return FileIdentity(inode: inode, birthNanoseconds: birth)
    }

    package func freeBytes(in directory: String) throws(JournalError) -> UInt64 {
        var status = statvfs()
        while unsafe statvfs(directory, &status) != 0 {
            guard errno == EINTR else {
                throw .system("the disk's free space cannot be read", path: directory)
            }
        }
        // What is kept for the administrator does not count.
        let (bytes, isHuge) = UInt64(status.f_bavail)
            .multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isHuge ? .max : bytes
    }

    package func lock(_ path: String) throws(JournalError) -> (any DirectoryLock)? {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw .system("the journal cannot be written", path: path)
        }
        if tapedeck_lock(descriptor) == 0 {
            return POSIXDirectoryLock(descriptor: descriptor)
        }
        let reason = errno
        close(descriptor)
        if reason == EAGAIN || reason == EACCES { return nil }
        errno = reason
        throw .system("the journal cannot be locked", path: path)
    }

    package func isLocked(_ path: String) -> Bool {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return tapedeck_is_locked(descriptor) == 1
    }
}

private final class POSIXDirectoryLock: DirectoryLock {
    private let descriptor: CInt

    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}

/// An open file of the machine's.
final class POSIXFile: File {
    let descriptor: CInt
    private let path: String

    convenience init(path: String, flags: CInt) throws(JournalError) {
        try self.init(path: path, descriptor: unsafe Glibc.open(path, flags, 0o666))
    }

    /// The file that was just opened as `descriptor`, which is below 0 if that failed.
    init(path: String, descriptor: CInt) throws(JournalError) {
        self.path = path
        self.descriptor = descriptor
        guard descriptor >= 0 else { throw .system("the file cannot be opened", path: path) }
    }

    deinit {
        close(descriptor)
    }

    func length() throws(JournalError) -> UInt64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .system("the file's length cannot be read", path: path)
        }
        return UInt64(status.st_size)
    }

    func read(_ count: Int, at position: Position) throws(JournalError) -> [UInt8] {
        var failure: CInt = 0
        // SAFETY: `pread` is given what is left of the buffer, and `filled` never exceeds it.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let start = buffer.baseAddress else { return }
            while filled < count {
                let got = unsafe pread(
                    descriptor, start + filled, count - filled,
                    off_t(position.rawValue) + filled)
                if got > 0 {
                    filled += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    failure = errno
                    return
                }
            }
        }
        guard failure == 0 else {
            errno = failure
            throw .system("the file cannot be read", path: path, position: position)
        }
        return bytes
    }

    func write(_ bytes: [UInt8], at position: Position) throws(JournalError) {
        var written = 0
        while written < bytes.count {
            // SAFETY: `pwrite` is given what is left of the array.
            let put = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe pwrite(
                    descriptor, rest.baseAddress, rest.count,
                    off_t(position.rawValue) + written)
            }
            if put >= 0 {
                written += put
            } else if errno != EINTR {
                throw .system("the file cannot be written", path: path, position: position)
            }
        }
    }

    func sync() throws(JournalError) {
        guard fdatasync(descriptor) == 0 else {
            throw .system("the file cannot be synced", path: path)
        }
    }

    func truncate(to length: Position) throws(JournalError) {
        while ftruncate(descriptor, off_t(length.rawValue)) != 0 {
            guard errno == EINTR else { throw .system("the file cannot be cut", path: path) }
        }
    }
}

extension JournalError {
    /// The failure that `errno` names.
    static func system(_ what: String, path: String, position: Position? = nil) -> JournalError {
        let code = errno
        let reason = unsafe String(cString: strerror(code))
        let isFull = code == ENOSPC || code == EDQUOT
        return JournalError(
            isFull ? .diskFull : .io, "\(what): \(reason)", path: path, position: position)
    }
}
