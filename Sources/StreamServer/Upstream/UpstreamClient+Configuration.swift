extension UpstreamClient {
    /// Which upstream, and how patiently.
    package struct Configuration: Sendable {
        /// The service.
        package var url: UpstreamURL
        /// The token to join with, where one is wanted.
        package var token: UpstreamToken?
        /// The namespace to join.
        package var namespace = SocketIONamespace.root
        /// The longest wait between two attempts.
        package var retryDelayMax = Duration.seconds(5)
        /// How long each may take: the TCP connection, the upgrade, the open packet.
        package var connectTimeout = Duration.seconds(5)
        /// How long the service may leave the request to join unanswered and send no event.
        package var joinTimeout = Duration.seconds(30)
        /// A link that held so long was healthy: the next retry comes at once.
        package var healthyAfter = Duration.seconds(1)

        /// What tells this upstream's stream from others'.
        package var name: String { "\(url)\(namespace == .root ? "" : namespace.description)" }

        package init(
            url: UpstreamURL, token: UpstreamToken? = nil, namespace: SocketIONamespace = .root
        ) {
            self.url = url
            self.token = token
            self.namespace = namespace
        }
    }
}
