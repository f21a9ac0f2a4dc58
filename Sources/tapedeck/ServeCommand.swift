public import ArgumentParser
public import Journal
import Logging
import StreamServer

/// `tapedeck serve`: records and serves.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Record from upstreams, take posted events, and serve runs to browsers.")

    @OptionGroup var journal: JournalOptions

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 picks one.")
    var port = 6101

    @Option(help: "An Event Stream service to record from, such as http://127.0.0.1:6102, or none.")
    var upstream: [String] = []

    @Option(help: "Which types of upstream events are recorded; * stands for anything.")
    var filter = "agent_chat_*"

    @Option(help: "What an acknowledged event survives: durable (a power cut) or os (a kill).")
    var durability: Durability = .durable

    @Option(help: "A name besides loopback's that requests may give as their Host.")
    var allowHost: [String] = []

    @Flag(help: "Listen on an address that other machines reach, though anyone may read and post.")
    var insecure = false

    mutating func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port takes a number from 0 to 65535")
        }
        let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
        guard isLoopback || insecure else {
            throw ValidationError(
                "--host \(host) lets other machines read and post; say --insecure if that is meant")
        }
        _ = try upstreams()
    }

    func run() async throws {
        let logger = Log.makeLogger()
        let opened = try Journal.open(
            journal.directory, options: Journal.Options(durability: durability))
        for finding in opened.recovery.findings { logger.notice("\(finding)") }
        let server = TapedeckServer(
            journal: opened, directory: journal.directory,
            options: TapedeckServer.Options(
                host: host, port: port, allowedHosts: allowHost, upstreams: try upstreams(),
                filter: TypeFilter(filter)),
            logger: logger)
        do {
            try await server.run { [host] port in
                let shown = host.contains(":") ? "[\(host)]" : host
                try? OutputFile.standard.write(
                    Array("listening on http://\(shown):\(port)\n".utf8))
            }
        } catch {
            try? opened.close()
            throw Failure("\(error)")
        }
        try opened.close()
    }

    private func upstreams() throws -> [UpstreamClient.Configuration] {
        try upstream.filter { $0 != "none" }.map { text in
            do {
                return UpstreamClient.Configuration(url: try UpstreamURL(text))
            } catch {
                throw ValidationError("--upstream \(text): \(error)")
            }
        }
    }
}

extension Durability: ExpressibleByArgument {}
