import Glibc

/// A small file that is read whole.
enum InputFile {
    private static let chunkBytes = 64 << 10

    /// The bytes of the file at `path`, or of the pipe.
    ///
    /// - Throws: ``Failure`` when it cannot be read, or has more than `bytesMax` bytes.
    static func contents(of path: String, bytesMax: Int) throws -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "the file cannot be opened") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            // SAFETY: `read` is given the array's own storage and length.
            let got = unsafe chunk.withUnsafeMutableBytes { storage in
                unsafe Glibc.read(descriptor, storage.baseAddress, storage.count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure(path, "the file cannot be read") }
            if got == 0 { return bytes }
            bytes += chunk[..<got]
            guard bytes.count <= bytesMax else {
                throw Failure("\(path): the file is longer than \(bytesMax) bytes")
            }
        }
    }

    private static func failure(_ path: String, _ what: String) -> Failure {
        Failure("\(path): \(what): \(unsafe String(cString: strerror(errno)))")
    }
}
