import Journal
package import Logging
package import NIOCore

/// Subscribes to an upstream Event Stream service, and stays subscribed.
///
/// The protocol cannot resume: after every ``Message/connected`` the service sends its history
/// again. Whoever receives has to merge that, and to judge what was lost in between.
package final class UpstreamClient: Sendable {
    private struct Status {
        var state = State.connecting
        var lastError: String?
        var ignoredBinaryEvents: UInt64 = 0
    }

    let configuration: Configuration
    private let group: any EventLoopGroup
    private let logger: Logger
    private let pause: @Sendable (Duration) async throws -> Void
    private let status = Locked(Status())

    /// What `/ready` and `/metrics` show.
    package var state: State { status.withLock { $0.state } }

    /// How the last attempt or link ended; nil while none has.
    package var lastError: String? { status.withLock { $0.lastError } }

    /// Binary events that were skipped so far, on all links.
    package var ignoredBinaryEvents: UInt64 { status.withLock { $0.ignoredBinaryEvents } }

    /// A client that does nothing before ``run(_:)``.
    package convenience init(
        configuration: Configuration, group: any EventLoopGroup, logger: Logger
    ) {
        self.init(configuration: configuration, group: group, logger: logger) {
            try await Task.sleep(for: $0)
        }
    }

    /// A client whose waits are up to `pause`, which throws if the task is cancelled.
    init(
        configuration: Configuration, group: any EventLoopGroup, logger: Logger,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        self.pause = pause
    }

    /// Connects, and reconnects for ever; returns when the task is cancelled.
    ///
    /// Call it once. Memory is bounded: while `receive` works, ``UpstreamInbox/batchesMax`` batches
    /// and one read of the socket at most wait behind it, then the socket is not read.
    ///
    /// - Parameter receive: gets every message, in order, in batches of all that is there: at most
    ///   512 messages, and 1 MiB unless a single message is larger. An event that asks for an
    ///   acknowledgement gets it when this returns. If it throws, the link is dropped like one
    ///   that broke, and the batch counts as lost.
    package func run(_ receive: @Sendable ([Message]) async throws -> Void) async {
        var generator = SystemRandomNumberGenerator()
        var retry = RetryDelay(delayMax: configuration.retryDelayMax)
        while !Task.isCancelled {
            set(.connecting)
            let end = await follow(receive)
            guard !Task.isCancelled else { break }
            if end.lived >= configuration.healthyAfter { retry.reset() }
            let delay = retry.next(using: &generator)
            logger.log(
                level: retry.failures == 1 ? .warning : .debug,
                "no link to the upstream: \(end.reason)",
                metadata: ["upstream": "\(configuration.url)", "retry_in": "\(delay)"])
            set(.waiting(retryAt: .now + delay, lastError: end.reason))
            try? await pause(delay)
        }
        set(.waiting(retryAt: .now, lastError: "the client was stopped"))
    }

    /// One link, from the attempt to its end.
    private func follow(
        _ receive: @Sendable ([Message]) async throws -> Void
    ) async -> (reason: String, lived: Duration) {
        let connection = UpstreamConnection.open(configuration, group: group) { [self] in
            status.withLock { $0.ignoredBinaryEvents &+= 1 }
        }
        var reason = "the client was stopped"
        var connectedAt: ContinuousClock.Instant?
        var wakes = connection.inbox.wakes.makeAsyncIterator()
        link: while !Task.isCancelled {
            switch connection.inbox.take() {
            case .nothing:
                // Ends at once when the task is cancelled.
                await wakes.next()
            case .finished(let last):
                reason = last
                break link
            case .batch(let batch, let reopened):
                if reopened { connection.resumeReading() }
                if connectedAt == nil, batch.messages.contains(.connected) {
                    connectedAt = connected()
                }
                do {
                    try await receive(batch.messages)
                } catch {
                    reason = "the receiver failed: \(error)"
                    break link
                }
                connection.acknowledge(batch.acknowledgements)
            }
        }
        await connection.close(reason)
        guard let connectedAt else { return (reason, .zero) }
        if !Task.isCancelled {
            do {
                try await receive([.disconnected(reason: reason)])
            } catch {
                reason = "the receiver failed: \(error)"
            }
        }
        return (reason, .now - connectedAt)
    }

    /// The link's first ``Message/connected`` has come.
    private func connected() -> ContinuousClock.Instant {
        let now = ContinuousClock.now
        set(.connected(since: now))
        logger.info("linked to the upstream", metadata: ["upstream": "\(configuration.url)"])
        return now
    }

    private func set(_ state: State) {
        status.withLock { status in
            status.state = state
            if case .waiting(_, let error) = state { status.lastError = error }
        }
    }
}
