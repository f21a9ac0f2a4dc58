package import Journal

/// Everything that `serve` and `record` can be told, each with what it is unless told otherwise.
package struct Settings: Hashable, Sendable {
    /// The journal's directory.
    package var journal = "./journal"
    /// The address to listen on.
    package var host = "127.0.0.1"
    /// The port to listen on; 0 picks one.
    package var port = 6101
    /// The services to record from.
    package var upstreams = [UpstreamSetting(url: "http://127.0.0.1:6102")]
    /// Patterns of the types of their events that are recorded.
    package var filters = ["agent_chat_*"]
    /// The agents' registry database, which tells what upstreams leave out; nil for none.
    package var registry: String?
    /// What an acknowledged event survives.
    package var durability = Durability.durable
    /// Records older than this are removed, such as `30d`; nil for no limit.
    package var retentionAge: String?
    /// The oldest records are removed while the segments have more bytes, such as `10GB`; nil for
    /// no limit.
    package var retentionSize: String?
    /// Names besides loopback's that requests may give as their `Host`.
    package var allowedHosts: [String] = []
    /// Other origins whose pages may use the server.
    package var allowedOrigins: [String] = []
    /// The tokens that are known; nobody is asked for one where there are none.
    package var tokens: [TokenSetting] = []
    /// Whether an address that other machines reach may be listened on.
    package var insecure = false
    /// The most connections from the network at once.
    package var connectionsMax = ConnectionLimits().countMax
    /// The most of them from one address; 0 for as many as there may be in all.
    package var connectionsPerAddressMax = ConnectionLimits().perAddressMax
    /// How long the head of a request may take, in seconds.
    package var headerTimeoutSeconds = ConnectionLimits().headSecondsMax
    /// How much of the journal is checked again in a second, in bytes; 0 for none.
    package var scrubBytesPerSecond = 8 << 20
    /// How long after one pass over the journal the next one begins.
    package var scrubIntervalSeconds = 7 * 24 * 60 * 60
    /// Less free space than this on the journal's disk is told, in bytes; 0 for never.
    package var lowSpaceBytes = 1 << 30

    /// Every setting as it is unless told otherwise.
    package init() {}

    /// Takes over what `layer` says, and leaves the rest.
    package mutating func apply(_ layer: SettingsLayer) {
        journal = layer.journal ?? journal
        host = layer.host ?? host
        port = layer.port ?? port
        upstreams = layer.upstreams ?? upstreams
        filters = layer.filters ?? filters
        registry = layer.registry ?? registry
        durability = layer.durability ?? durability
        retentionAge = layer.retentionAge ?? retentionAge
        retentionSize = layer.retentionSize ?? retentionSize
        allowedHosts = layer.allowedHosts ?? allowedHosts
        allowedOrigins = layer.allowedOrigins ?? allowedOrigins
        tokens = layer.tokens ?? tokens
        insecure = layer.insecure ?? insecure
        connectionsMax = layer.connectionsMax ?? connectionsMax
        connectionsPerAddressMax = layer.connectionsPerAddressMax ?? connectionsPerAddressMax
        headerTimeoutSeconds = layer.headerTimeoutSeconds ?? headerTimeoutSeconds
        scrubBytesPerSecond = layer.scrubBytesPerSecond ?? scrubBytesPerSecond
        scrubIntervalSeconds = layer.scrubIntervalSeconds ?? scrubIntervalSeconds
        lowSpaceBytes = layer.lowSpaceBytes ?? lowSpaceBytes
    }

    /// Whether only this machine reaches the address: `localhost`, `::1` or 127.0.0.0/8.
    package var isLoopback: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isInBlock =
            parts.first == "127" && parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "::1" || isInBlock
    }
}
