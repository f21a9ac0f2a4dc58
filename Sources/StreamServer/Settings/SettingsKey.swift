/// The settings by their names in a file.
package enum SettingsKey: String, CaseIterable, Sendable {
    case journal
    case host
    case port
    case upstreams
    case filters
    case registry
    case durability
    case retentionAge = "retention_age"
    case retentionSize = "retention_size"
    case allowedHosts = "allowed_hosts"
    case allowedOrigins = "allowed_origins"
    case tokens
    case insecure
    case connectionsMax = "connections_max"
    case connectionsPerAddressMax = "connections_per_address_max"
    case headerTimeoutSeconds = "header_timeout_seconds"
    case scrubBytesPerSecond = "scrub_bytes_per_second"
    case scrubIntervalSeconds = "scrub_interval_seconds"
    case lowSpaceBytes = "low_space_bytes"

    /// What the command line calls it; tokens stand in a file alone.
    package var option: String {
        switch self {
        case .journal, .host, .port, .registry, .durability, .insecure: "--\(rawValue)"
        case .upstreams: "--upstream"
        case .filters: "--filter"
        case .retentionAge: "--retention-age"
        case .retentionSize: "--retention-size"
        case .allowedHosts: "--allow-host"
        case .allowedOrigins: "--allow-origin"
        case .tokens: rawValue
        case .connectionsMax: "--connections-max"
        case .connectionsPerAddressMax: "--connections-per-address-max"
        case .headerTimeoutSeconds: "--header-timeout-seconds"
        case .scrubBytesPerSecond: "--scrub-bytes-per-second"
        case .scrubIntervalSeconds: "--scrub-interval-seconds"
        case .lowSpaceBytes: "--low-space-bytes"
        }
    }

    /// What it may be: the end of a sentence that begins with its name.
    package var rule: String {
        switch self {
        case .journal: "must be a directory's name"
        case .host: "must be a host's name or address"
        case .port: "must be a whole number from 0 to 65535"
        case .upstreams:
            "must be a list of at most \(SettingsLayer.listMax) URLs or objects with "
                + "\(UpstreamSetting.Key.list)"
        case .filters:
            "must be a list of 1 to \(SettingsLayer.listMax) patterns such as agent_chat_*"
        case .registry: "must be a file's name, or null for none"
        case .durability: "must be durable or os"
        case .retentionAge: "\(RetentionAge.rule), or null for no limit"
        case .retentionSize: "\(ByteSize.rule), or null for no limit"
        case .allowedHosts: "must be a list of at most \(SettingsLayer.listMax) host names"
        case .allowedOrigins:
            "must be a list of at most \(SettingsLayer.listMax) \(OriginPolicy.rule)"
        case .tokens:
            "must be a list of at most \(SettingsLayer.listMax) objects with "
                + "\(TokenSetting.Key.list), as tapedeck token prints them, no two with the same "
                + "name or sha256"
        case .insecure: "must be true or false"
        case .connectionsMax: "must be a whole number from 1 to \(SettingsLayer.connectionsMax)"
        case .connectionsPerAddressMax:
            "must be a whole number from 0, for no limit, to \(SettingsLayer.connectionsMax)"
        case .headerTimeoutSeconds:
            "must be a whole number from 1 to \(SettingsLayer.secondsMax)"
        case .scrubBytesPerSecond:
            "must be a whole number from 0, for no scrub, to \(SettingsLayer.bytesMax)"
        case .scrubIntervalSeconds:
            "must be a whole number from 1 to \(SettingsLayer.secondsMax)"
        case .lowSpaceBytes:
            "must be a whole number from 0, for no warning, to \(SettingsLayer.bytesMax)"
        }
    }

    /// All names, as a sentence lists them.
    static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
