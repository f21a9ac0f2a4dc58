import ArgumentParser
import StreamServer

/// Which journal a command is about.
struct JournalOptions: ParsableArguments {
    @Option(
        name: .customLong("journal"),
        help: "The journal's directory (default: $TAPEDECK_JOURNAL, else ./journal).")
    var named: String?

    /// The journal's directory.
    var directory: String { named ?? JournalOptions.fallback }

    /// The journal's directory where the command line names none.
    static var fallback: String {
        EnvironmentVariable.value(of: "TAPEDECK_JOURNAL") ?? Settings().journal
    }

    mutating func validate() throws {
        if named?.isEmpty == true { throw ValidationError("--journal needs a directory") }
    }
}
