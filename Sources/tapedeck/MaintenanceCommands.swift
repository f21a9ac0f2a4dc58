import ArgumentParser
import Journal
import StreamServer

/// `tapedeck backup`: a consistent copy of a journal, beside its server or without one.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the journal, also while it is written, and check the copy.")

    @OptionGroup var journal: JournalOptions

    @Argument(help: "The copy's directory: a new one, or empty.")
    var target: String

    func run() throws {
        let copying = ProgressLine()
        let result = try Backup.run(journal.directory, to: target) { copying.show($0, "copied") }
        copying.clear()
        let checking = ProgressLine()
        let report = try Verification.run(target) { checking.show($0, "of the copy checked") }
        checking.clear()
        guard report.isClean else {
            throw Failure(
                "\(target): the copy is complete, but damaged like the journal itself; "
                    + "see tapedeck verify --journal \(target)")
        }
        try? OutputFile.standard.write(
            Array(
                ("\(target): \(result.segments) segments, \(report.records) records, "
                    + "\(result.bytes) bytes, epoch \(result.epoch)\n").utf8))
    }
}

/// `tapedeck fork`: begins a new epoch, where nobody could notice that one is needed.
struct ForkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract: "Begin a new epoch: for a restored copy whose original lives on.")

    @OptionGroup var journal: JournalOptions

    func run() async throws {
        let epoch = try await journal.change { server in
            try await server.fork()
        } alone: { journal in
            try await journal.fork().description
        }
        try? OutputFile.standard.write(Array("\(journal.directory): epoch \(epoch)\n".utf8))
    }
}
