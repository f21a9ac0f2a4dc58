import Journal
import Logging
import ServiceLifecycle

/// Records lines through the server that has the journal.
struct LineServer: LineSink {
    private static let retryPause = Duration.milliseconds(250)
    /// How long a server that is gone or refuses is waited for.
    private static let patience = Duration.seconds(30)

    let client: ControlClient
    let logger: Logger

    /// A server that restarts is waited for, and one whose disk is full; a batch whose answer was
    /// lost is known by its key.
    func record(_ batch: LineBatch) async throws -> ImportResult {
        var deadline = ContinuousClock.now + LineServer.patience
        var isTold = false
        while true {
            do throws(JournalError) {
                return try await client.record(batch)
            } catch {
                // What has room to come is waited for as long as it takes.
                if error.code == .diskFull { deadline = .now + LineServer.patience }
                guard error.code != .invalidEvent, ContinuousClock.now < deadline,
                    !Task.isShuttingDownGracefully
                else { throw error }
                if !isTold {
                    logger.error(
                        "recording waits for the server", metadata: ["error": "\(error)"])
                    isTold = true
                }
            }
            try await Task.sleep(for: LineServer.retryPause)
        }
    }
}
