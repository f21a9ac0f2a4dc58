import Glibc
import StreamServer

/// A registry that is imported: checked first, then read, and what makes no sense in it is told.
struct RegistryImport {
    /// So many damaged rows are told one by one.
    private static let damagesToldMax = 20

    let path: String
    private var recording: RegistryRecording
    private var events = 0
    private var read = 0
    private(set) var damages = 0

    /// The registry at `path`.
    init(_ path: String) {
        self.path = path
        recording = RegistryRecording(path: path)
    }

    /// Finds out what there is to import.
    ///
    /// - Throws: ``Failure`` when this is no registry, or it cannot be read.
    mutating func check() throws {
        do {
            events = try recording.gather()
        } catch {
            throw Failure("\(path): \(error)")
        }
    }

    /// Hands everything to `body` as lines, piece by piece.
    ///
    /// - Throws: ``Failure`` when the registry cannot be read to its end, and what `body` throws.
    mutating func read(_ body: ([UInt8]) async throws -> Void) async throws {
        while let chunk = try next() {
            for damage in chunk.damages {
                damages += 1
                if damages <= RegistryImport.damagesToldMax { tell("\(damage)") }
            }
            read += chunk.count
            showProgress()
            if !chunk.lines.isEmpty { try await body(chunk.lines) }
        }
        hideProgress()
        if damages > RegistryImport.damagesToldMax {
            tell("\(damages - RegistryImport.damagesToldMax) more rows make no sense either")
        }
        guard damages == 0 || read > 0 else {
            throw Failure("\(path): no row of this registry makes sense, and nothing was imported")
        }
    }

    private mutating func next() throws -> RegistryRecording.Chunk? {
        do {
            return try recording.next()
        } catch {
            hideProgress()
            throw Failure("\(path): \(error); \(read) of \(events) events were read before")
        }
    }

    private func tell(_ what: String) {
        hideProgress()
        let line = what.split(whereSeparator: \.isNewline).joined(separator: " ")
        StandardError.write("tapedeck: \(path): skipped: \(line)\n")
    }

    private func showProgress() {
        guard isatty(STDERR_FILENO) == 1 else { return }
        StandardError.write("\r\(path): \(read) of \(events) events\u{1B}[K")
    }

    private func hideProgress() {
        if isatty(STDERR_FILENO) == 1 { StandardError.write("\r\u{1B}[K") }
    }
}
