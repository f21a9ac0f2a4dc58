import Glibc
import Journal
import StreamServer

/// A file of NDJSON lines.
struct RecordingFile {
    private static let pieceBytes = 256 << 10

    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// The file's name without folders and without its ending: the run of lines that name none.
    var stem: String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    /// Reads all lines and throws at the first that is no event.
    ///
    /// - Throws: ``Failure`` which names file and line.
    func check() async throws {
        var splitter = LineSplitter(lineBytesMax: LineImporter.lineBytesMax)
        var importer = LineImporter(stem: stem)
        do {
            try await read { piece in
                for line in try splitter.push(piece) { _ = try importer.draft(line) }
            }
            for line in splitter.finish() { _ = try importer.draft(line) }
        } catch let error as JournalError {
            throw Failure("\(path): \(error.message)")
        }
    }

    /// Hands the file's bytes to `body`, piece by piece.
    ///
    /// - Throws: ``Failure`` when the file cannot be read, and what `body` throws.
    func read(_ body: ([UInt8]) async throws -> Void) async throws {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("the file cannot be opened") }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: RecordingFile.pieceBytes)
        while true {
            // SAFETY: `read` is given the array's own storage and length.
            let got = unsafe buffer.withUnsafeMutableBytes { storage in
                unsafe Glibc.read(descriptor, storage.baseAddress, storage.count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("the file cannot be read") }
            if got == 0 { return }
            try await body(Array(buffer[..<got]))
        }
    }

    private func failure(_ what: String) -> Failure {
        Failure("\(path): \(what): \(unsafe String(cString: strerror(errno)))")
    }
}
