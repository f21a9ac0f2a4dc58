import Journal
package import Logging
import ServiceLifecycle
import UnixSignals

/// A recording of lines as they arrive on an input, up to its end or until the process is told to
/// stop.
package final class LineRecording: Sendable {
    /// What became of the lines.
    package struct Result: Hashable, Sendable {
        /// Lines that were recorded.
        package var recorded = 0
        /// Lines whose event the journal had.
        package var known = 0
        /// Lines that are no event, or too long.
        package var refused = 0

        /// All of them.
        package var lines: Int { recorded + known + refused }
    }

    private let input: any LineInput
    private let refuse: @Sendable (_ line: Int, _ problem: String) -> Void
    private let outcome = Locked(Result())

    /// What became of the lines so far.
    package var result: Result { outcome.withLock { $0 } }

    /// A recording of the lines of `input`; `refuse` is told of each that is no event.
    package init(
        of input: any LineInput,
        refuse: @escaping @Sendable (_ line: Int, _ problem: String) -> Void
    ) {
        self.input = input
        self.refuse = refuse
    }

    /// Records through the server that `client` reaches; `ready` is called before the first line is
    /// read.
    ///
    /// - Throws: when the input cannot be read, or a line cannot be recorded.
    package func run(
        through client: ControlClient, logger: Logger, ready: @escaping @Sendable () -> Void
    ) async throws {
        var quiet = logger
        quiet.logLevel = .critical
        let listening = Listening(awaited: 0) { _ in ready() }
        let lines = LineService(
            recording: self, sink: LineServer(client: client, logger: logger), listening: listening)
        try await ServiceGroup(
            configuration: .init(
                services: [.init(service: listening), lines.configuration],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        ).run()
    }

    /// Records into `sink`; a graceful shutdown ends the input.
    func run(into sink: some LineSink) async throws {
        var recorder = LineRecorder(into: sink, refuse: refuse)
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                while let piece = try await input.read() {
                    try await recorder.take(piece)
                    note(recorder.result)
                }
                // A line that is broken off by a stop was never handed over.
                guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
                try await recorder.finish()
                note(recorder.result)
            } onGracefulShutdown: {
                self.input.stop()
            }
        } onCancel: {
            input.stop()
        }
    }

    private func note(_ result: Result) {
        outcome.withLock { $0 = result }
    }
}
