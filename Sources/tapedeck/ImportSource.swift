import Journal
import StreamServer

/// A file to import, as its first bytes tell what it is.
enum ImportSource {
    /// A file of NDJSON lines.
    case lines(RecordingFile)
    /// A tape.
    case tape(TapeFile)
    /// A registry: a SQLite database.
    case registry(RegistryImport)

    /// The file at `path`.
    init(_ path: String) {
        if RegistryFile.isDatabase(path) {
            self = .registry(RegistryImport(path))
        } else if JournalView.isTape(path) {
            self = .tape(TapeFile(path: path))
        } else {
            self = .lines(RecordingFile(path))
        }
    }

    /// Reads the file through, as far as that can show a mistake.
    ///
    /// - Throws: ``Failure`` which names the file, and the line if it has lines.
    mutating func check() async throws {
        switch self {
        case .lines(let file):
            try await file.check()
        case .tape(let tape):
            try tape.check()
        case .registry(var registry):
            try registry.check()
            self = .registry(registry)
        }
    }

    /// The run of lines that name none.
    var stem: String {
        switch self {
        case .lines(let file): file.stem
        case .tape(let tape): RecordingFile(tape.path).stem
        case .registry: RegistryRecording.stem
        }
    }

    /// Whether it is a registry.
    var isRegistry: Bool {
        if case .registry = self { true } else { false }
    }

    /// The file's path.
    var path: String {
        switch self {
        case .lines(let file): file.path
        case .tape(let tape): tape.path
        case .registry(let registry): registry.path
        }
    }

    /// How many rows of a registry made no sense.
    var skipped: Int {
        if case .registry(let registry) = self { registry.damages } else { 0 }
    }

    /// Hands the lines to `body`, piece by piece.
    ///
    /// - Throws: ``Failure`` when the file cannot be read, and what `body` throws.
    mutating func read(_ body: ([UInt8]) async throws -> Void) async throws {
        switch self {
        case .lines(let file):
            try await file.read(body)
        case .tape(let tape):
            try await tape.read(body)
        case .registry(var registry):
            defer { self = .registry(registry) }
            try await registry.read(body)
        }
    }
}
