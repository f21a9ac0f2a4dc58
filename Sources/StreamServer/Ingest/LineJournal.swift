import Journal
import Logging
import ServiceLifecycle

/// Records lines in a journal of this process.
struct LineJournal: LineSink {
    private static let retryPause = Duration.milliseconds(250)

    let journal: Journal
    let logger: Logger

    /// A journal that is full or behind is waited for; meanwhile nothing is read.
    func record(_ batch: LineBatch) async throws -> ImportResult {
        var isTold = false
        while true {
            do throws(JournalError) {
                let receipt = try await journal.append(batch.drafts, atomically: false)
                return ImportResult(appended: receipt.appended, duplicates: receipt.duplicates)
            } catch {
                guard error.code == .overloaded || error.code == .diskFull,
                    !Task.isShuttingDownGracefully
                else { throw error }
                if !isTold {
                    logger.error("recording waits for the journal", metadata: ["error": "\(error)"])
                    isTold = true
                }
            }
            try await Task.sleep(for: LineJournal.retryPause)
        }
    }
}
