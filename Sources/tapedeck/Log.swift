import Logging

/// How the program logs: to standard error, from `notice` up.
enum Log {
    /// The program's logger.
    static func makeLogger() -> Logger {
        var logger = Logger(
            label: "tapedeck", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .notice
        return logger
    }
}
