import Journal

/// The bounded hand-over from a link's event loop to the task that takes its messages.
///
/// It holds ``batchesMax`` batches and what one read of the socket puts on top of that; beyond it
/// the link stops reading, until a batch is taken. One task takes.
final class UpstreamInbox: Sendable {
    /// With so many batches waiting, the link stops reading.
    static let batchesMax = 4

    /// What a call of ``take()`` found.
    enum Taken: Sendable {
        /// The oldest batch. If `reopened`, the link stopped reading and may go on.
        case batch(UpstreamBatch, reopened: Bool)
        /// Nothing yet: wait for ``wakes``.
        case nothing
        /// Everything was taken, and the link is over.
        case finished(reason: String)
    }

    private struct Content {
        var batches: [UpstreamBatch] = []
        var isFull = false
        var reason: String?
    }

    /// Has an element after every change that ``take()`` would show.
    let wakes: AsyncStream<Void>

    private let wake: AsyncStream<Void>.Continuation
    private let content = Locked(Content())

    init() {
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Adds the messages of one read; true if the link may go on reading.
    func append(_ batches: [UpstreamBatch]) -> Bool {
        let hasRoom = content.withLock { content in
            guard content.reason == nil else { return true }
            content.batches += batches
            content.isFull = content.batches.count >= UpstreamInbox.batchesMax
            return !content.isFull
        }
        wake.yield()
        return hasRoom
    }

    /// Notes that the link is over; the first reason counts.
    func finish(_ reason: String) {
        content.withLock { content in
            content.reason = content.reason ?? reason
        }
        wake.yield()
    }

    /// Takes the oldest batch, if there is one.
    func take() -> Taken {
        content.withLock { content in
            guard !content.batches.isEmpty else {
                return content.reason.map { .finished(reason: $0) } ?? .nothing
            }
            let batch = content.batches.removeFirst()
            let reopened = content.isFull && content.batches.count < UpstreamInbox.batchesMax
            if reopened { content.isFull = false }
            return .batch(batch, reopened: reopened)
        }
    }
}
