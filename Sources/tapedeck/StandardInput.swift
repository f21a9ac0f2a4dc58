import Foundation
import Glibc
import Journal
import StreamServer

/// Standard input, be it a pipe, a file or a terminal: read as soon as something is there, until its
/// end or until it is stopped.
final class StandardInput: LineInput {
    /// The most bytes that one read yields; what has been written when it is stopped is read that
    /// far.
    private static let pieceBytes = 1 << 20
    /// The most bytes that are asked for at once: what a pipe holds.
    private static let chunkBytes = 64 << 10

    /// Waiting for input blocks, so it has a thread of its own.
    private let queue = DispatchQueue(label: "tapedeck-standard-input")
    /// A pipe that becomes readable, for good, when the input is stopped.
    private let stopReader: CInt
    private let stopWriter: CInt
    private let hasEnded = Locked(false)

    /// The standard input of the process.
    ///
    /// - Throws: ``Failure`` when it is closed.
    init() throws {
        // Where it is closed, its number may be that of something else by now, which has no type.
        var status = stat()
        guard unsafe fstat(STDIN_FILENO, &status) == 0, status.st_mode & S_IFMT != 0 else {
            throw Failure("standard input is closed; there is nothing to record")
        }
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw StandardInput.failure() }
        (stopReader, stopWriter) = (ends[0], ends[1])
    }

    deinit {
        close(stopReader)
        close(stopWriter)
    }

    func read() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.readWhatIsThere() }) }
        }
    }

    func stop() {
        let byte: [UInt8] = [0]
        // SAFETY: `write` is given the array's own storage and length.
        _ = unsafe byte.withUnsafeBytes { storage in
            unsafe write(stopWriter, storage.baseAddress, storage.count)
        }
    }

    private func readWhatIsThere() throws -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.isEmpty, !hasEnded.withLock({ $0 }) {
            try wait()
            while bytes.count < StandardInput.pieceBytes, try isReadable() {
                guard try readChunk(into: &bytes) else { break }
            }
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// Waits until something can be read, or the input is stopped.
    private func wait() throws {
        var sources = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopReader, events: Int16(POLLIN), revents: 0),
        ]
        try poll(&sources, milliseconds: -1)
        if sources[1].revents != 0 { hasEnded.withLock { $0 = true } }
    }

    private func isReadable() throws -> Bool {
        var source = [pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)]
        try poll(&source, milliseconds: 0)
        return source[0].revents != 0
    }

    private func poll(_ sources: inout [pollfd], milliseconds: CInt) throws {
        while unsafe Glibc.poll(&sources, nfds_t(sources.count), milliseconds) < 0 {
            guard errno == EINTR else { throw StandardInput.failure() }
        }
    }

    /// Reads once; false at the end of the input.
    private func readChunk(into bytes: inout [UInt8]) throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: StandardInput.chunkBytes)
        // SAFETY: `read` is given the array's own storage and length.
        let got = unsafe chunk.withUnsafeMutableBytes { storage in
            unsafe Glibc.read(STDIN_FILENO, storage.baseAddress, storage.count)
        }
        guard got >= 0 else {
            guard errno == EINTR || errno == EAGAIN else { throw StandardInput.failure() }
            return true
        }
        bytes += chunk[..<got]
        if got == 0 { hasEnded.withLock { $0 = true } }
        return got > 0
    }

    private static func failure() -> Failure {
        Failure("standard input cannot be read: \(unsafe String(cString: strerror(errno)))")
    }
}
