extension Settings {
    /// The variable of the environment that has the token of the one upstream.
    package static let tokenVariable = "TAPEDECK_UPSTREAM_TOKEN"

    /// What a server is to do that listens, or one that only records.
    ///
    /// - Parameters:
    ///   - listens: whether it can be reached over the network.
    ///   - token: what ``tokenVariable`` has.
    ///   - read: gives the contents of a file; called for the tokens of upstreams.
    /// - Returns: what such a server is made with.
    /// - Throws: ``SettingsError`` with a sentence for the user, and what `read` throws.
    package func serverOptions(
        listens: Bool, token: String?, read: (_ path: String) throws -> [UInt8]
    ) throws -> TapedeckServer.Options {
        guard !listens || isLoopback || insecure || !tokens.isEmpty else {
            throw SettingsError(
                "\(SettingsKey.host.option) \(host) lets other machines read and post; make tokens "
                    + "with tapedeck token, or say \(SettingsKey.insecure.option) if that is meant")
        }
        // A token for one service is not to be shown to another.
        guard token == nil || upstreams.count <= 1 else {
            throw SettingsError(
                "\(Settings.tokenVariable) is for one upstream; name the tokens of several in the "
                    + "file of --config")
        }
        let fallback: UpstreamToken?
        do throws(UpstreamConfigurationError) {
            fallback = try token.map { text throws(UpstreamConfigurationError) in
                try UpstreamToken(text)
            }
        } catch {
            throw SettingsError("\(Settings.tokenVariable): \(error)")
        }
        let listener = TapedeckServer.Listener(
            host: host, port: port, allowedHosts: allowedHosts,
            allowedOrigins: OriginPolicy(allowedOrigins), access: Access(tokens),
            limits: ConnectionLimits(
                countMax: connectionsMax, perAddressMax: connectionsPerAddressMax,
                headSecondsMax: headerTimeoutSeconds))
        do {
            return TapedeckServer.Options(
                listener: listens ? listener : nil,
                upstreams: try upstreams.map { try $0.configuration(token: fallback, read: read) },
                filter: TypeFilter(filters), registry: registry,
                retention: RetentionLimits(
                    age: retentionAge.flatMap { RetentionAge($0) },
                    size: retentionSize.flatMap { ByteSize($0) }),
                scrub: scrub, lowSpaceBytes: UInt64(lowSpaceBytes))
        } catch let error as UpstreamConfigurationError {
            throw SettingsError("\(error)")
        }
    }

    private var scrub: ScrubPlan? {
        guard scrubBytesPerSecond > 0 else { return nil }
        return ScrubPlan(
            bytesPerSecond: scrubBytesPerSecond, intervalSeconds: scrubIntervalSeconds)
    }
}
