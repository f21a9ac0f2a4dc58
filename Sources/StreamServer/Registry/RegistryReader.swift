import Dispatch
import Journal

/// The way to a registry for code that must not block.
///
/// All calls on the file happen on one thread of its own.
final class RegistryReader: @unchecked Sendable {
    // SAFETY: `file` is touched on `queue` alone.
    private let file: RegistryFile
    private let queue = BlockingQueue("tapedeck-registry")
    private let status = Locked(Status())

    private struct Status {
        /// Whether a call takes longer than its caller waited.
        var isStuck = false
        var isOpen = false
    }

    /// A reader of the registry at `path`.
    init(path: String) {
        file = RegistryFile(path: path)
    }

    /// Reads in one transaction, however long that takes.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (RegistryRows) throws -> Value
    ) async throws(RegistryError) -> Value {
        try await queue.run { [self] () -> Result<Value, RegistryError> in
            status.withLock { $0.isOpen = true }
            do throws(RegistryError) {
                return .success(try file.read(body))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    /// Does something with the file, and returns what it does.
    ///
    /// nil when that takes longer than `limit`; then it is done for nothing, and as long as it is
    /// stuck, others get nil at once.
    func attempt<Value: Sendable>(
        within limit: Duration?, _ body: @escaping @Sendable (RegistryFile) -> Value
    ) async -> Value? {
        guard !status.withLock({ $0.isStuck }) else { return nil }
        return await withCheckedContinuation { continuation in
            let answer = Answer(continuation)
            queue.start { [self] in
                status.withLock { $0.isOpen = true }
                answer.give(body(file))
                status.withLock { $0.isStuck = false }
            }
            guard let limit else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + limit.seconds) { [self] in
                status.withLock { status in
                    answer.give(nil) { status.isStuck = true }
                }
            }
        }
    }

    /// Lets the file go until it is read again.
    func rest() {
        guard status.withLock({ $0.isOpen }) else { return }
        queue.start { [self] in
            file.close()
            status.withLock { $0.isOpen = false }
        }
    }
}

/// A continuation that is resumed by whoever is first.
private final class Answer<Value: Sendable>: Sendable {
    private let continuation: Locked<CheckedContinuation<Value?, Never>?>

    init(_ continuation: CheckedContinuation<Value?, Never>) {
        self.continuation = Locked(continuation)
    }

    /// Answers, unless that was done; `ifFirst` is called before the answer arrives.
    func give(_ value: sending Value?, ifFirst: () -> Void = {}) {
        guard let waiting = continuation.withLock({ $0.take() }) else { return }
        ifFirst()
        waiting.resume(returning: value)
    }
}

extension Duration {
    /// The same in seconds.
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
