import ArgumentParser
import Journal
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

    /// The journal as it is now, and the run of that name in it.
    ///
    /// - Throws: ``Failure`` when there is none, ``JournalError`` when it cannot be read.
    func view(of run: String) throws -> (JournalView, RunID) {
        let view = try JournalView(directory)
        let run = try RunID(argument: run)
        guard view.run(run) != nil else {
            throw Failure("\(directory): there is no run \(run); see tapedeck runs")
        }
        return (view, run)
    }

    mutating func validate() throws {
        if named?.isEmpty == true { throw ValidationError("--journal needs a directory") }
    }
}

extension RunID {
    /// The run that a command line names.
    ///
    /// - Throws: `ValidationError` when it is no name.
    init(argument: String) throws {
        guard let run = RunID(argument) else {
            throw ValidationError("a run id is 1 to 256 bytes without control characters")
        }
        self = run
    }
}
