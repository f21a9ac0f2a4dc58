import Glibc

/// SIGINT and SIGTERM, for commands that have nothing to drain.
enum Interruption {
    /// Ends the program with exit code 0 at the first of them.
    static func endsTheProgram() {
        // What a handler may call at any moment: signal-safety(7).
        for number in [SIGINT, SIGTERM] { _ = signal(number) { _ in _exit(0) } }
    }
}
