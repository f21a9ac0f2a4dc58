import Journal
import ServiceLifecycle

/// Waits until everything that is to be listened on is, and the services run: from then on a signal
/// drains.
final class Listening: Service {
    private let state: Locked<(awaited: Int, port: Int?)>
    private let ready: @Sendable (_ port: Int?) -> Void
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    /// Calls `ready` once it runs and ``began(port:)`` was called `awaited` times.
    init(awaited: Int, ready: @escaping @Sendable (_ port: Int?) -> Void) {
        // It runs once signals are heard.
        state = Locked((awaited + 1, nil))
        self.ready = ready
        (stream, continuation) = AsyncStream.makeStream()
    }

    func run() async throws {
        began(port: nil)
        try await gracefulShutdown()
    }

    /// One of them is listened on; `port` is the network's.
    func began(port: Int?) {
        let (isReady, found) = state.withLock { state in
            state.awaited -= 1
            state.port = port ?? state.port
            return (state.awaited == 0, state.port)
        }
        guard isReady else { return }
        ready(found)
        continuation.finish()
    }

    /// Returns once all of it is so, or the task is cancelled.
    ///
    /// One task waits.
    func wait() async {
        for await _ in stream {}
    }
}
