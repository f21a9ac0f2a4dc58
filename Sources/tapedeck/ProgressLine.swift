import Glibc

/// A line on standard error that tells how far long work has come, where that is a terminal.
final class ProgressLine {
    private static let pause = Duration.milliseconds(100)

    private let isShown = isatty(STDERR_FILENO) == 1
    private var shownAt: ContinuousClock.Instant?

    /// Replaces the line; most calls in quick succession do nothing.
    func show(_ text: String) {
        guard isShown, shownAt.map({ .now - $0 >= ProgressLine.pause }) ?? true else { return }
        StandardError.write("\r\u{1B}[K\(text)")
        shownAt = .now
    }

    /// Takes the line away.
    func clear() {
        if shownAt != nil { StandardError.write("\r\u{1B}[K") }
        shownAt = nil
    }
}
