import Journal
import Logging
import ServiceLifecycle

/// Keeps a journal to its limits while it is written: looks every ten minutes, and takes whole
/// segments only.
struct RetentionService: Service {
    private static let interval = Duration.seconds(600)

    let limits: RetentionLimits
    let journal: Journal
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await prune()
                try await Task.sleep(for: RetentionService.interval)
            }
        }
    }

    private func prune() async {
        do throws(JournalError) {
            let policy = limits.policy(at: .now, takesWholeSegmentsOnly: true)
            let result = try await journal.prune(policy)
            guard result.records > 0 else { return }
            logger.notice(
                "retention removed old records",
                metadata: ["records": "\(result.records)", "bytes": "\(result.bytes)"])
        } catch {
            logger.error("retention failed", metadata: ["reason": "\(error)"])
        }
    }
}
