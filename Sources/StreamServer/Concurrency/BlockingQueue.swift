import Dispatch

/// One thread for calls that may block: SQLite's, and those on files.
final class BlockingQueue: Sendable {
    private let queue: DispatchQueue

    /// A queue that debuggers show as `label`.
    init(_ label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Runs `body` on the thread, behind what was given to it before, and returns what it does.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    /// The same for callers that do not wait.
    func start(_ body: @escaping @Sendable () -> Void) {
        queue.async(execute: body)
    }
}
