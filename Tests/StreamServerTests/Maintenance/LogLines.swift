import Journal
import Logging

/// What was logged, as lines.
final class LogLines: Sendable {
    private let content = Locked<[String]>([])

    /// The lines so far: level and message.
    var lines: [String] { content.withLock { $0 } }

    /// A logger that writes them.
    var logger: Logger {
        Logger(label: "test") { _ in Handler(lines: self) }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.content.withLock { $0.append("\(event.level) \(event.message)") }
        }
    }
}
