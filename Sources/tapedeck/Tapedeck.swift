import ArgumentParser
import Glibc
import Journal
import StreamServer

/// The command line: one program, a subcommand for each thing to do.
@main
struct Tapedeck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tapedeck",
        abstract: "Records what teams of AI agents say to each other, and plays it back.",
        version: TapedeckServer.version,
        subcommands: [
            ServeCommand.self, RecordCommand.self, ImportCommand.self, ExportCommand.self,
            ReplayCommand.self, TailCommand.self, ShowCommand.self, RunsCommand.self,
            VerifyCommand.self, PruneCommand.self,
            PinCommand.self, UnpinCommand.self, DeleteCommand.self, BackupCommand.self,
            ForkCommand.self, TokenCommand.self, DemoCommand.self,
        ]
    )

    static func main() async {
        // A reader that goes away ends a pipe, not the program.
        _ = signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Failure.end(failure.description, code: 2)
        } catch let error as JournalError {
            Failure.end(error.description, code: 2)
        } catch let error as SettingsError {
            Failure.end(error.description, code: 64)
        } catch {
            end(parsing: error)
        }
    }

    /// Ends the program as the argument parser would, but with one line for an error.
    private static func end(parsing error: any Error) -> Never {
        switch exitCode(for: error) {
        case .success:
            print(fullMessage(for: error))
            Glibc.exit(0)
        case .validationFailure:
            Failure.end("\(message(for: error)); see tapedeck --help", code: 64)
        default:
            Failure.end(message(for: error), code: 2)
        }
    }
}

/// A command that failed, in one sentence.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Says what is wrong on one line of standard error, and ends the program.
    static func end(_ message: String, code: CInt) -> Never {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        StandardError.write("tapedeck: \(line)\n")
        Glibc.exit(code)
    }
}
