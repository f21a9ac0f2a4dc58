package import Journal

/// Where a replay goes: a file, a terminal, a socket.
package protocol ReplaySink {
    /// Takes note that lap `number`, counted from 0, begins.
    func begin(lap number: UInt64) async throws

    /// Takes what is due, in order; never empty. The next batch waits until it returns, so a slow
    /// sink slows the replay down and loses nothing.
    func write(_ batch: [ReadPage.Item]) async throws

    /// Takes note that nothing more comes, though the replay may have been cancelled.
    func finish() async throws
}

extension ReplaySink {
    /// Most sinks need not tell laps apart.
    package func begin(lap number: UInt64) {}
}
