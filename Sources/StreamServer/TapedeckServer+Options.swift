extension TapedeckServer {
    /// What it records, and how it can be reached.
    package struct Options: Sendable {
        /// How the network reaches it; nil where only commands do, by the journal's own socket.
        package var listener: Listener?
        /// The services to record from.
        package var upstreams: [UpstreamClient.Configuration]
        /// Which of their events.
        package var filter: TypeFilter
        /// The registry database that tells what upstreams leave out; nil for none.
        package var registry: String?
        /// What the journal is kept to.
        package var retention: RetentionLimits
        /// How the journal is scrubbed meanwhile; nil for not at all.
        package var scrub: ScrubPlan?
        /// Less free space than this on the journal's disk is told, in bytes; 0 for never.
        package var lowSpaceBytes: UInt64
        /// Told each time that a client of the Event Stream is greeted.
        package var greeting: @Sendable () -> Void = {}

        package init(
            listener: Listener?, upstreams: [UpstreamClient.Configuration] = [],
            filter: TypeFilter = .agentChat, registry: String? = nil,
            retention: RetentionLimits = RetentionLimits(), scrub: ScrubPlan? = nil,
            lowSpaceBytes: UInt64 = 0
        ) {
            self.listener = listener
            self.upstreams = upstreams
            self.filter = filter
            self.registry = registry
            self.retention = retention
            self.scrub = scrub
            self.lowSpaceBytes = lowSpaceBytes
        }
    }

    /// An address to listen on.
    package struct Listener: Hashable, Sendable {
        /// The address.
        package var host: String
        /// The port; 0 picks one.
        package var port: Int
        /// Names besides loopback's and `host` that the `Host` header may have.
        package var allowedHosts: [String]
        /// Other origins whose pages may use it.
        package var allowedOrigins: OriginPolicy
        /// Who may do what.
        package var access: Access
        /// How many connections it takes, and how long it waits for them.
        package var limits: ConnectionLimits

        package init(
            host: String = "127.0.0.1", port: Int = 6101, allowedHosts: [String] = [],
            allowedOrigins: OriginPolicy = OriginPolicy(), access: Access = .open,
            limits: ConnectionLimits = ConnectionLimits()
        ) {
            self.host = host
            self.port = port
            self.allowedHosts = allowedHosts
            self.allowedOrigins = allowedOrigins
            self.access = access
            self.limits = limits
        }
    }
}
