import Glibc
import Journal

/// A line on standard error that tells how far long work has come, where that is a terminal.
final class ProgressLine {
    private static let pause = Duration.milliseconds(100)

    private let isShown = isatty(STDERR_FILENO) == 1
    private let startedAt = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant?

    /// Tells how much of the files has been `done`, such as "checked", what share that is, and at
    /// which rate since the line was made.
    func show(_ now: Verification.Progress, _ done: String) {
        let percent = now.bytesTotal == 0 ? 100 : min(now.bytes * 100 / now.bytesTotal, 100)
        let seconds = (ContinuousClock.now - startedAt) / .seconds(1)
        let rate = Int(Double(now.bytes >> 20) / max(seconds, 0.001))
        show(
            "\(now.bytes >> 20) of \(now.bytesTotal >> 20) MiB \(done), \(percent) %, "
                + "\(rate) MiB/s")
    }

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
