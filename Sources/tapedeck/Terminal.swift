import Glibc
import Replay

/// Standard output, where it is a terminal.
enum Terminal {
    private static let widthDefault = 80

    /// Whether a person reads standard output.
    static let isShown = isatty(STDOUT_FILENO) == 1

    /// Transcripts that fit it; with colours where a person reads them, unless `NO_COLOR` is set
    /// (no-color.org).
    static var transcript: Transcript {
        let mayColor = EnvironmentVariable.value(of: "NO_COLOR") == nil
        return Transcript(width: width, isColored: isShown && mayColor)
    }

    /// How many columns it has; without one, what `COLUMNS` says, else 80.
    private static var width: Int {
        var size = winsize()
        if unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return Int(size.ws_col)
        }
        return EnvironmentVariable.value(of: "COLUMNS").flatMap { Int($0) } ?? widthDefault
    }
}
