import ArgumentParser
import Journal
import StreamServer

/// `tapedeck prune`: removes the oldest records.
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove the oldest records, but for those of pinned runs.",
        discussion: """
            A record's age is that of the time which runs and replays show. A run with an open thread \
            that goes on is spared: by age while its last event is young enough, by size as long as \
            other runs are enough. Readers of what is gone are told.
            """)

    @OptionGroup var journal: JournalOptions

    @Option(
        name: .long, help: "Remove records older than this, such as 30d, 12h or 45m.",
        transform: { text in
            guard let age = RetentionAge(text) else {
                throw ValidationError("--older-than \(RetentionAge.rule)")
            }
            return age
        })
    var olderThan: RetentionAge?

    @Option(
        name: .long, help: "Remove records until the segments are no larger, such as 10GB.",
        transform: { text in
            guard let size = ByteSize(text) else {
                throw ValidationError("--larger-than \(ByteSize.rule)")
            }
            return size
        })
    var largerThan: ByteSize?

    func validate() throws {
        guard (olderThan == nil) != (largerThan == nil) else {
            throw ValidationError("prune takes one of --older-than and --larger-than")
        }
    }

    func run() async throws {
        let limits = RetentionLimits(age: olderThan, size: largerThan)
        let result = try await journal.change { server in
            try await server.prune(limits)
        } alone: { journal in
            try await journal.prune(limits.policy(at: .now, takesWholeSegmentsOnly: false))
        }
        try? OutputFile.standard.write(
            Array("removed \(result.records) records, freed \(result.bytes) bytes\n".utf8))
    }
}

/// `tapedeck delete`: removes a run.
struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Remove a run for good: no file of the journal keeps a byte of what was said.",
        discussion: """
            Bytes that recovery put aside in quarantine/ go too, since they may be of any run. \
            Backups and exported files are not touched.
            """)

    @OptionGroup var journal: JournalOptions

    @Argument(help: "The run.", transform: RunArgument.parse)
    var run: RunID

    func run() async throws {
        let name = run
        let result = try await journal.change { server in
            try await server.delete(name)
        } alone: { journal in
            try await journal.delete(name)
        }
        try? OutputFile.standard.write(
            Array(
                "\(name.name): deleted \(result.records) records, freed \(result.bytes) bytes\n"
                    .utf8))
    }
}

/// `tapedeck pin`: has retention spare a run.
struct PinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Have retention spare a run.")

    @OptionGroup var journal: JournalOptions

    @Argument(help: "The run.", transform: RunArgument.parse)
    var run: RunID

    func run() async throws {
        try await journal.pin(run, true)
    }
}

/// `tapedeck unpin`: has retention spare a run no more.
struct UnpinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin", abstract: "Have retention spare a run no more.")

    @OptionGroup var journal: JournalOptions

    @Argument(help: "The run.", transform: RunArgument.parse)
    var run: RunID

    func run() async throws {
        try await journal.pin(run, false)
    }
}

/// A run as an argument.
enum RunArgument {
    static func parse(_ name: String) throws -> RunID {
        guard let run = RunID(name) else {
            throw ValidationError(
                "a run id is 1 to \(RunID.bytesMax) bytes of UTF-8 without control characters")
        }
        return run
    }
}

extension JournalOptions {
    fileprivate func pin(_ run: RunID, _ isPinned: Bool) async throws {
        try await change { server in
            try await server.pin(run, isPinned)
        } alone: { journal in
            try await journal.pin(run, isPinned)
        }
        try? OutputFile.standard.write(
            Array("\(run.name): \(isPinned ? "pinned" : "not pinned")\n".utf8))
    }

    /// Changes a journal through the server that has it, or, where none runs, as its writer.
    func change<Value: Sendable>(
        through server: (ControlClient) async throws -> Value,
        alone body: (Journal) async throws -> Value
    ) async throws -> Value {
        if let client = try await ControlClient.connect(to: directory) {
            return try await server(client)
        }
        // A journal that is not there must not be made.
        _ = try JournalView(directory)
        let journal = try Journal.open(directory)
        let value: Value
        do {
            value = try await body(journal)
        } catch {
            try? journal.close()
            throw error
        }
        try journal.close()
        return value
    }
}
