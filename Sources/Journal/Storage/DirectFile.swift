import CPlatform
import Glibc

/// A file that is read from the device, past the kernel's page cache; through it where the file
/// system knows no other way.
struct DirectFile: File {
    /// What direct reads are aligned to, in bytes: no device has longer blocks.
    private static let alignment = 4096

    private let file: POSIXFile
    private let path: String

    init(path: String) throws(JournalError) {
        self.path = path
        file = try POSIXFile(path: path, descriptor: unsafe tapedeck_open_direct(path))
    }

    func length() throws(JournalError) -> UInt64 {
        try file.length()
    }

    func read(_ count: Int, at position: Position) throws(JournalError) -> [UInt8] {
        let skipped = Int(position.rawValue) % DirectFile.alignment
        let room = (skipped + count + DirectFile.alignment - 1) / DirectFile.alignment
        let capacity = room * DirectFile.alignment
        // SAFETY: the buffer is freed on every way out, `pread` is given what is left of it, and
        // what is returned lies within the bytes that it filled.
        let buffer = UnsafeMutableRawPointer.allocate(
            byteCount: capacity, alignment: DirectFile.alignment)
        defer { unsafe buffer.deallocate() }
        var filled = 0
        while filled < skipped + count {
            let got = unsafe pread(
                file.descriptor, buffer + filled, capacity - filled,
                off_t(position.rawValue) - off_t(skipped) + off_t(filled))
            if got > 0 {
                filled += got
                // Only at a file's end.
                if filled % DirectFile.alignment != 0 { break }
            } else if got == 0 {
                break
            } else if errno != EINTR, errno != EINVAL || tapedeck_end_direct(file.descriptor) == 0 {
                throw .system("the file cannot be read", path: path, position: position)
            }
        }
        let end = min(filled, skipped + count)
        return unsafe Array(
            UnsafeRawBufferPointer(start: buffer + min(skipped, end), count: max(end - skipped, 0)))
    }

    func write(_ bytes: [UInt8], at position: Position) throws(JournalError) {
        try file.write(bytes, at: position)
    }

    func sync() throws(JournalError) {
        try file.sync()
    }

    func truncate(to length: Position) throws(JournalError) {
        try file.truncate(to: length)
    }
}
