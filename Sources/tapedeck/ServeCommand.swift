import ArgumentParser
import Journal
import Logging
import StreamServer

/// `tapedeck serve`: records and serves.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Record from upstreams, take posted events, and serve runs to browsers.")

    private static let defaults = Settings()

    @OptionGroup var recording: RecordingOptions

    @Option(help: "The address to listen on (default: \(defaults.host)).")
    var host: String?

    @Option(help: "The port to listen on; 0 picks one (default: \(defaults.port)).")
    var port: Int?

    @Option(help: "A name besides loopback's that requests may give as their Host.")
    var allowHost: [String] = []

    @Option(
        help: """
            An origin, such as https://app.example, whose pages may use the server too (CORS); may \
            be given more than once.
            """)
    var allowOrigin: [String] = []

    @Option(
        help: "The most connections from the network at once (default: \(defaults.connectionsMax))."
    )
    var connectionsMax: Int?

    @Option(help: "The most of them from one address; 0 for no such limit (default: 0).")
    var connectionsPerAddressMax: Int?

    @Option(
        help: """
            How long the head of a request may take from its first byte (default: \
            \(defaults.headerTimeoutSeconds)).
            """)
    var headerTimeoutSeconds: Int?

    @Flag(help: "Listen on an address that other machines reach, though anyone may read and post.")
    var insecure = false

    func run() async throws {
        let settings = try recording.settings(add)
        let options = try settings.serverOptions(listens: true)
        let logger = Log.makeLogger()
        let opened = try settings.openJournal(logger)
        let server = TapedeckServer(
            journal: opened, directory: settings.journal, options: options, logger: logger)
        do {
            try await server.run { [host = settings.host] port in
                let shown = host.contains(":") ? "[\(host)]" : host
                try? OutputFile.standard.write(
                    Array("listening on http://\(shown):\(port ?? settings.port)\n".utf8))
            }
        } catch {
            try? opened.close()
            throw Failure("\(error)")
        }
        try opened.close()
    }

    /// Adds what only this command can be told.
    func add(to layer: inout SettingsLayer) {
        layer.host = host
        layer.port = port
        layer.allowedHosts = allowHost.isEmpty ? nil : allowHost
        layer.allowedOrigins = allowOrigin.isEmpty ? nil : allowOrigin
        layer.connectionsMax = connectionsMax
        layer.connectionsPerAddressMax = connectionsPerAddressMax
        layer.headerTimeoutSeconds = headerTimeoutSeconds
        layer.insecure = insecure ? true : nil
    }
}
