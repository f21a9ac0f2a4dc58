public import ArgumentParser
public import Journal
import StreamServer

/// What is recorded and how: the options that `serve` and `record` share, and the file that they may
/// stand in.
struct RecordingOptions: ParsableArguments {
    private static let defaults = Settings()

    @OptionGroup var journal: JournalOptions

    @Option(
        help: """
            An Event Stream service to record from; may be given more than once, or none (default: \
            \(defaults.upstreams.map(\.url).joined(separator: ", "))).
            """)
    var upstream: [String] = []

    @Option(
        help: """
            Which types of upstream events are recorded; * stands for anything, and it may be given \
            more than once (default: \(defaults.filters.joined(separator: ", "))).
            """)
    var filter: [String] = []

    @Option(
        help: ArgumentHelp(
            "The agents' registry, a SQLite database: heals what upstreams cut or leave out.",
            valueName: "file"))
    var registry: String?

    @Option(
        help: """
            What an acknowledged event survives: durable (a power cut) or os (a kill) (default: \
            \(defaults.durability.rawValue)).
            """)
    var durability: Durability?

    @Option(
        help: """
            Remove records once they are older than this, such as 30d, but for those of runs that \
            are pinned or go on (default: no limit).
            """)
    var retentionAge: String?

    @Option(
        help: """
            Remove the oldest records while the segments are larger than this, such as 10GB \
            (default: no limit).
            """)
    var retentionSize: String?

    @Option(
        help: """
            How much of the journal is checked again in a second, in bytes; 0 for none (default: \
            \(defaults.scrubBytesPerSecond)).
            """)
    var scrubBytesPerSecond: Int?

    @Option(
        help: """
            How long after one pass over the journal the next one begins (default: \
            \(defaults.scrubIntervalSeconds), a week).
            """)
    var scrubIntervalSeconds: Int?

    @Option(
        help: """
            Warn when the journal's disk has less free space than this, in bytes; 0 for never \
            (default: \(defaults.lowSpaceBytes)).
            """)
    var lowSpaceBytes: Int?

    @Option(
        help: """
            A file of settings, in JSON5; what the command line says wins over it. The token of an \
            upstream stands there, or in $\(Settings.tokenVariable).
            """)
    var config: String?

    /// What the command line says; the options of one command are added by `more`.
    func layer(_ more: (inout SettingsLayer) -> Void) throws -> SettingsLayer {
        var layer = SettingsLayer()
        layer.journal = journal.named
        layer.upstreams = upstream.isEmpty ? nil : try upstreams()
        layer.filters = filter.isEmpty ? nil : filter
        layer.registry = registry
        layer.durability = durability
        layer.retentionAge = retentionAge
        layer.retentionSize = retentionSize
        layer.scrubBytesPerSecond = scrubBytesPerSecond
        layer.scrubIntervalSeconds = scrubIntervalSeconds
        layer.lowSpaceBytes = lowSpaceBytes
        more(&layer)
        do {
            try layer.check(\.option)
        } catch {
            throw ValidationError("\(error)")
        }
        return layer
    }

    /// The settings: the command line's, else those of the file, else the defaults.
    func settings(_ more: (inout SettingsLayer) -> Void = { _ in }) throws -> Settings {
        let said = try layer(more)
        var settings = Settings()
        settings.journal = JournalOptions.fallback
        if let config {
            let bytes = try InputFile.contents(of: config, bytesMax: SettingsFile.bytesMax)
            settings.apply(try SettingsFile.decode(bytes, path: config))
        }
        settings.apply(said)
        return settings
    }

    private func upstreams() throws -> [UpstreamSetting] {
        guard upstream.contains("none") else { return upstream.map { UpstreamSetting(url: $0) } }
        guard upstream.count == 1 else {
            throw ValidationError("--upstream none stands alone")
        }
        return []
    }
}

extension Settings {
    /// What a server is to do, with tokens from files and from the environment.
    func serverOptions(listens: Bool) throws -> TapedeckServer.Options {
        let token = EnvironmentVariable.value(of: Settings.tokenVariable)
        do {
            return try serverOptions(listens: listens, token: token) { path in
                try InputFile.contents(of: path, bytesMax: SettingsFile.bytesMax)
            }
        } catch let error as SettingsError {
            throw ValidationError("\(error)")
        }
    }
}

extension Durability: ExpressibleByArgument {}
