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

    @Option(help: "An Event Stream service to record from; may be given more than once, or none.")
    var upstream = ["http://127.0.0.1:6102"]

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
        guard ServeCommand.isLoopback(host) || insecure else {
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

    /// Whether only this machine reaches the address: `localhost`, `::1` or 127.0.0.0/8.
    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isInBlock =
            parts.first == "127" && parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "::1" || isInBlock
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
