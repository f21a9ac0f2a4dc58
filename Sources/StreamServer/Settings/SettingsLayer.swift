package import Journal

/// What one source says of the settings, the command line or a file; nil where it says nothing.
package struct SettingsLayer: Hashable, Sendable {
    /// The most items of a list.
    package static let listMax = 256
    /// The most bytes that a setting may name: 1 PiB.
    static let bytesMax = 1 << 50
    /// The most connections that a setting may name.
    static let connectionsMax = 1_000_000
    /// The most seconds that a setting may name: a year.
    static let secondsMax = 31_536_000

    package var journal: String?
    package var host: String?
    package var port: Int?
    package var upstreams: [UpstreamSetting]?
    package var filters: [String]?
    package var registry: String?
    package var durability: Durability?
    package var retentionAge: String?
    package var retentionSize: String?
    package var allowedHosts: [String]?
    package var allowedOrigins: [String]?
    package var tokens: [TokenSetting]?
    package var insecure: Bool?
    package var connectionsMax: Int?
    package var connectionsPerAddressMax: Int?
    package var headerTimeoutSeconds: Int?
    package var scrubBytesPerSecond: Int?
    package var scrubIntervalSeconds: Int?
    package var lowSpaceBytes: Int?

    /// A source that says nothing.
    package init() {}

    /// Checks every value that is there; `name` says what the source calls a setting.
    ///
    /// - Throws: ``SettingsError`` for the first value that cannot be used.
    package func check(_ name: (SettingsKey) -> String) throws(SettingsError) {
        func require(_ isGood: Bool?, _ key: SettingsKey) throws(SettingsError) {
            guard isGood ?? true else { throw SettingsError("\(name(key)) \(key.rule)") }
        }
        try require(journal.map(SettingsLayer.isName), .journal)
        try require(host.map(SettingsLayer.isName), .host)
        try require(port.map((0...65_535).contains), .port)
        try require(upstreams.map { $0.count <= SettingsLayer.listMax }, .upstreams)
        try require(filters.map { !$0.isEmpty && SettingsLayer.areNames($0) }, .filters)
        try require(registry.map(SettingsLayer.isName), .registry)
        try require(retentionAge.map { RetentionAge($0) != nil }, .retentionAge)
        try require(retentionSize.map { ByteSize($0) != nil }, .retentionSize)
        try require(allowedHosts.map(SettingsLayer.areNames), .allowedHosts)
        try require(
            allowedOrigins.map {
                $0.count <= SettingsLayer.listMax && $0.allSatisfy(OriginPolicy.isOrigin)
            }, .allowedOrigins)
        try require(
            tokens.map { $0.count <= SettingsLayer.listMax && TokenSetting.areDistinct($0) },
            .tokens)
        let connections = 1...SettingsLayer.connectionsMax
        try require(connectionsMax.map(connections.contains), .connectionsMax)
        try require(
            connectionsPerAddressMax.map { $0 == 0 || connections.contains($0) },
            .connectionsPerAddressMax)
        try require(
            headerTimeoutSeconds.map((1...SettingsLayer.secondsMax).contains),
            .headerTimeoutSeconds)
        let bytes = 0...SettingsLayer.bytesMax
        try require(scrubBytesPerSecond.map(bytes.contains), .scrubBytesPerSecond)
        try require(
            scrubIntervalSeconds.map((1...SettingsLayer.secondsMax).contains),
            .scrubIntervalSeconds)
        try require(lowSpaceBytes.map(bytes.contains), .lowSpaceBytes)
        do throws(UpstreamConfigurationError) {
            try UpstreamSetting.check(upstreams ?? [])
        } catch {
            throw SettingsError("\(name(.upstreams)): \(error)")
        }
    }

    private static func areNames(_ texts: [String]) -> Bool {
        texts.count <= listMax && texts.allSatisfy(isName)
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
