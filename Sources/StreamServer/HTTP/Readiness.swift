import Journal

/// Whether a server can do its work: `GET /ready`.
///
/// An upstream that is away does not make it unready: what is recorded is served all the same, and
/// the upstream is tried again and again.
struct Readiness: Sendable {
    /// An upstream, and how it fares.
    struct Upstream: Sendable {
        var configuration: UpstreamClient.Configuration
        var state: UpstreamClient.State
        var lastError: String?
    }

    /// Why nothing can be written; nil as long as writing works.
    var readOnlyReason: String?
    /// Whether the server has been told to stop.
    var isDraining: Bool
    /// What does not stand in the way and wants somebody's attention, a sentence each.
    var concerns: [String] = []
    var upstreams: [Upstream]

    /// What stands in the way, and then what wants attention, a sentence each.
    var reasons: [String] { obstacles + concerns }

    /// The status code of the answer.
    var status: Int { obstacles.isEmpty ? 200 : 503 }

    private var statusWord: String { obstacles.isEmpty ? "ready" : "not ready" }

    private var obstacles: [String] {
        [readOnlyReason, isDraining ? "the server stops" : nil].compactMap { $0 }
    }

    /// The answer without anything that says how the server is set up.
    var briefJSON: [UInt8] {
        var object = JSONObject()
        object.add("status", statusWord)
        object.add("reasons", [String]())
        object.add("upstreams", json: JSONObject.list([]))
        return object.json
    }

    /// The answer, at a moment of both clocks.
    func json(at wall: Timestamp, _ instant: ContinuousClock.Instant) -> [UInt8] {
        func time(_ other: ContinuousClock.Instant) -> Timestamp {
            let (seconds, attoseconds) = instant.duration(to: other).components
            return Timestamp(
                microseconds: wall.microseconds + seconds * 1_000_000
                    + attoseconds / 1_000_000_000_000)
        }
        var object = JSONObject()
        object.add("status", statusWord)
        object.add("reasons", reasons)
        let upstreams = upstreams.map { upstream in
            var object = JSONObject()
            object.add("url", upstream.configuration.url.description)
            object.add("namespace", upstream.configuration.namespace.description)
            switch upstream.state {
            case .connecting:
                object.add("state", "connecting")
            case .connected(let since):
                object.add("state", "connected")
                object.add("since", time(since))
            case .waiting(let retryAt, _):
                object.add("state", "waiting")
                object.add("retry_at", time(retryAt))
            }
            object.add("last_error", upstream.lastError)
            return object.json
        }
        object.add("upstreams", json: JSONObject.list(upstreams))
        return object.json
    }
}
