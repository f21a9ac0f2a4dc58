import Foundation
import Glibc
import Journal
import Replay
import StreamServer

/// Plays a run as an Event Stream service, in place of the one that it was recorded from: what
/// `replay --out socketio://…` does.
///
/// The events go through a journal of their own, which is taken away at the end.
struct StandIn {
    private static let scheme = "socketio://"
    /// What was said last may still be on its way to a client that polls.
    private static let lingering = Duration.seconds(1)

    private let host: String
    private let port: Int

    /// The service at `address`; nil when that is something else than `socketio://…`.
    ///
    /// - Throws: ``Failure`` for an address that is not this machine's own: nobody is asked for a
    ///   token.
    init?(_ address: String) throws {
        guard address.lowercased().hasPrefix(StandIn.scheme) else { return nil }
        let authority = address.dropFirst(StandIn.scheme.count)
        guard let url = try? UpstreamURL("http://\(authority)"), url.path.isEmpty,
            url.host == "localhost" || url.host == "::1" || url.host.hasPrefix("127.")
        else {
            throw Failure(
                "\(address): name an address of this machine alone, as socketio://127.0.0.1:6102")
        }
        (host, port) = (url.host, url.port)
    }

    /// Serves, plays once the first client has come, and ends when all is said.
    ///
    /// - Throws: ``Failure`` when the address cannot be listened on.
    func play(_ replayer: Replayer<JournalView, MonotonicClock>, _ rewriter: RunRewriter?)
        async throws
    {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "tapedeck-replay-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let journal = try Journal.open(directory, options: Journal.Options(durability: .os))
        let (clients, arrival) = AsyncStream.makeStream(of: Void.self)
        var options = TapedeckServer.Options(
            listener: TapedeckServer.Listener(host: host, port: port))
        options.greeting = { arrival.yield() }
        let server = TapedeckServer(
            journal: journal, directory: directory, options: options, logger: Log.makeLogger())
        let playing = Task {
            for await _ in clients { break }
            _ = try await replayer.run(into: JournalSink(journal: journal, rewriter: rewriter))
            try await Task.sleep(for: StandIn.lingering)
            // The server drains as it does when it is told to stop.
            kill(getpid(), SIGTERM)
        }
        do {
            try await server.run { [host, port] picked in
                let shown = host.contains(":") ? "[\(host)]" : host
                try? OutputFile.standard.write(
                    Array("listening on http://\(shown):\(picked ?? port)\n".utf8))
            }
        } catch {
            playing.cancel()
            try? journal.close()
            throw Failure("\(error)")
        }
        playing.cancel()
        let result = await playing.result
        try journal.close()
        if case .failure(let error) = result, !(error is CancellationError) { throw error }
    }
}
