import ArgumentParser
import Glibc

/// Which journal a command is about.
struct JournalOptions: ParsableArguments {
    @Option(
        name: .customLong("journal"),
        help: "The journal's directory (default: $TAPEDECK_JOURNAL, else ./journal).")
    private var named: String?

    /// The journal's directory.
    var directory: String {
        if let named { return named }
        guard let value = unsafe getenv("TAPEDECK_JOURNAL") else { return "./journal" }
        return unsafe String(cString: value)
    }

    mutating func validate() throws {
        if named?.isEmpty == true { throw ValidationError("--journal needs a directory") }
    }
}
