import Synchronization

/// A value behind a lock: for tiny critical sections, never across I/O or suspension.
package final class Locked<State>: Sendable {
    private let mutex: Mutex<State>

    package init(_ state: sending State) {
        mutex = Mutex(state)
    }

    /// Runs `body` with the value to itself.
    package func withLock<Result, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock(body)
    }
}
