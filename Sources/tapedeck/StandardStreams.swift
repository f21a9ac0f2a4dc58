import Glibc

/// Standard error.
enum StandardError {
    /// Writes `text` as it is; what cannot be written is lost.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.write(STDERR_FILENO, buffer.baseAddress, buffer.count)
        }
    }
}

/// A file, or standard output, to which lines are written.
struct OutputFile: Sendable {
    /// The reader of a pipe has gone: there is nobody to write for, and nothing is wrong.
    struct ReaderGone: Error {}

    private let descriptor: CInt
    private let name: String

    /// Standard output.
    static let standard = OutputFile(descriptor: STDOUT_FILENO, name: "standard output")

    /// The file at `path`, made anew.
    ///
    /// - Throws: ``Failure`` when it cannot be made.
    static func create(_ path: String) throws -> OutputFile {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw Failure("\(path): the file cannot be written: \(reason())")
        }
        return OutputFile(descriptor: descriptor, name: path)
    }

    /// A file beside `path` that is to take its place once it is whole; where something that is no
    /// ordinary file has that name, that itself.
    ///
    /// - Throws: ``Failure`` when it cannot be made.
    static func draft(of path: String) throws -> OutputFile {
        var status = stat()
        let isOrdinary = unsafe stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
        return try create(isOrdinary ? "\(path).part-\(getpid())" : path)
    }

    /// Gives a draft the name that it was made for.
    ///
    /// - Throws: ``Failure`` when its bytes cannot be brought to the disk, or it cannot be renamed.
    func take(_ path: String) throws {
        defer { close(descriptor) }
        guard name != path else { return }
        guard fsync(descriptor) == 0, unsafe rename(name, path) == 0 else {
            throw Failure("\(path): the file cannot be written: \(OutputFile.reason())")
        }
    }

    /// Takes away the draft of `path`.
    func discard(_ path: String) {
        if name != path { _ = unsafe unlink(name) }
        close(descriptor)
    }

    /// Writes all of `bytes`.
    ///
    /// - Throws: ``ReaderGone`` when nobody reads the pipe, ``Failure`` when it cannot be written.
    func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            // SAFETY: `write` is given what is left of the array.
            let put = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if put >= 0 {
                written += put
            } else if errno == EPIPE {
                throw ReaderGone()
            } else if errno != EINTR {
                throw Failure("\(name): writing failed: \(OutputFile.reason())")
            }
        }
    }

    private static func reason() -> String {
        unsafe String(cString: strerror(errno))
    }
}
