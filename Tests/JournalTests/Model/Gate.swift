import Dispatch
@testable import Journal

/// Holds one thread at a place until another lets it go on, so that their order is known.
final class Gate: Sendable {
    private let isClosed = Locked(false)
    private let reached = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    /// Makes the next thread that passes wait.
    func close() {
        isClosed.withLock { $0 = true }
    }

    /// Waits here if the gate is closed.
    func pass() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = false }
            return isClosed
        }
        guard wasClosed else { return }
        reached.signal()
        opened.wait()
    }

    /// Waits until a thread has come to the gate; false after a minute.
    func waitUntilReached() -> Bool {
        reached.wait(timeout: .now() + .seconds(60)) == .success
    }

    /// Lets the thread that waits go on.
    func open() {
        opened.signal()
    }
}
