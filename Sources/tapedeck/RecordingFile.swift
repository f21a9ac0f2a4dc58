import Glibc
import Journal
import StreamServer

/// A file of NDJSON lines.
struct RecordingFile {
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
    func check() throws {
        var importer = LineImporter(stem: stem)
        do {
            for line in try lines() { _ = try importer.draft(line) }
        } catch let error as JournalError {
            throw Failure("\(path): \(error.message)")
        }
    }

    /// The file's lines, blank ones left out.
    ///
    /// - Throws: ``Failure`` when the file cannot be read, or a line is too long.
    func lines() throws -> [[UInt8]] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("the file cannot be opened") }
        defer { close(descriptor) }
        var splitter = LineSplitter(lineBytesMax: LineImporter.lineBytesMax)
        var lines: [[UInt8]] = []
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            // SAFETY: `read` is given the array's own storage and length.
            let got = unsafe piece.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress, buffer.count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("the file cannot be read") }
            if got == 0 { break }
            do {
                lines += try splitter.push(piece[..<got])
            } catch {
                throw Failure(
                    "\(path): line \(lines.count + 1) is longer than \(LineImporter.lineBytesMax) "
                        + "bytes")
            }
        }
        return lines + splitter.finish()
    }

    private func failure(_ what: String) -> Failure {
        Failure("\(path): \(what): \(unsafe String(cString: strerror(errno)))")
    }
}
