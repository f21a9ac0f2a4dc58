extension UpstreamClient {
    /// What the client tells, in order: `connected`, events and faults, `disconnected`, and so on.
    package enum Message: Hashable, Sendable {
        /// The link is up: the open packet has come. The history follows, if the service has one.
        case connected
        /// One event: the JSON array of its name and arguments, verbatim and not yet validated, as
        /// in `["event",{…}]`.
        case event([UInt8])
        /// The service has had its time to tell its history: what did not come by now does not
        /// come. Comes at most once after each `connected`.
        case settled
        /// A frame made no sense and was skipped; one sentence says why.
        case malformed(String)
        /// A message of so many bytes or more, over 32 MiB, was skipped: its events are lost.
        case tooLarge(bytes: Int)
        /// The link that the last `connected` announced is lost; another attempt follows. Attempts
        /// that fail are not told: ``UpstreamClient/state`` shows them.
        case disconnected(reason: String)

        /// What the message holds, in bytes.
        var bytes: Int {
            switch self {
            case .event(let bytes): bytes.count
            case .malformed(let text), .disconnected(let text): text.utf8.count
            case .connected, .settled, .tooLarge: 0
            }
        }
    }

    /// Where the client stands.
    package enum State: Hashable, Sendable {
        /// An attempt is under way, or ``UpstreamClient/run(_:)`` was not called yet.
        case connecting
        /// The link is up.
        case connected(since: ContinuousClock.Instant)
        /// The next attempt comes then; the last one, or the last link, ended like this.
        case waiting(retryAt: ContinuousClock.Instant, lastError: String)
    }
}
