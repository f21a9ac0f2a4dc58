import Journal

/// The object in a file of settings.
struct SettingsDocument: Decodable {
    var layer = SettingsLayer()

    init(from decoder: any Decoder) throws {
        let members = try SettingsMembers(decoder, known: SettingsKey.allCases.map(\.rawValue))
        func value<Value: Decodable>(_ key: SettingsKey, _ type: Value.Type = Value.self) throws
            -> Value?
        {
            try members.value(key.rawValue, key.rule, type)
        }
        layer.journal = try value(.journal)
        layer.host = try value(.host)
        layer.port = try value(.port)
        layer.upstreams = try value(.upstreams, [Upstream].self)?.map(\.setting)
        layer.filters = try value(.filters)
        layer.registry = try value(.registry, String?.self) ?? nil
        layer.durability = try value(.durability, String.self).map { text in
            guard let durability = Durability(rawValue: text) else {
                throw members.fault(SettingsKey.durability.rawValue, SettingsKey.durability.rule)
            }
            return durability
        }
        layer.retentionAge = try value(.retentionAge, String?.self) ?? nil
        layer.retentionSize = try value(.retentionSize, String?.self) ?? nil
        layer.allowedHosts = try value(.allowedHosts)
        layer.allowedOrigins = try value(.allowedOrigins)
        layer.tokens = try value(.tokens, [Token].self)?.map(\.setting)
        layer.insecure = try value(.insecure)
        layer.connectionsMax = try value(.connectionsMax)
        layer.connectionsPerAddressMax = try value(.connectionsPerAddressMax)
        layer.headerTimeoutSeconds = try value(.headerTimeoutSeconds)
        layer.scrubBytesPerSecond = try value(.scrubBytesPerSecond)
        layer.scrubIntervalSeconds = try value(.scrubIntervalSeconds)
        layer.lowSpaceBytes = try value(.lowSpaceBytes)
    }

    /// A token in the list: an object.
    private struct Token: Decodable {
        var setting: TokenSetting

        init(from decoder: any Decoder) throws {
            let members = try SettingsMembers(
                decoder, known: TokenSetting.Key.allCases.map(\.rawValue))
            func value<Value: Decodable, Result>(
                _ key: TokenSetting.Key, _ rule: String, _ type: Value.Type,
                _ make: (Value) -> Result?
            ) throws -> Result {
                guard let found = try members.value(key.rawValue, rule, type) else {
                    throw members.fault(key.rawValue, "is missing")
                }
                guard let made = make(found) else { throw members.fault(key.rawValue, rule) }
                return made
            }
            let name = try value(
                .name,
                "must be 1 to \(TokenSetting.nameBytesMax) bytes without control characters",
                String.self
            ) { TokenSetting.isName($0) ? $0 : nil }
            let digest = try value(.sha256, "must be 64 hexadecimal digits", String.self) {
                SecretDigest(hexadecimal: $0)
            }
            let scopes = try value(
                .scopes,
                "must be a list of 1 to \(TokenSetting.scopesMax) scopes, each of which "
                    + Scope.rule, [String].self
            ) { texts -> [Scope]? in
                let scopes = texts.compactMap { Scope($0) }
                let isGood =
                    scopes.count == texts.count
                    && (1...TokenSetting.scopesMax).contains(scopes.count)
                return isGood ? scopes : nil
            }
            let rule = "must be a time such as 2027-01-31T00:00:00Z, or null for never"
            let key = TokenSetting.Key.expires.rawValue
            let expires = try (members.value(key, rule, String?.self) ?? nil).map { text in
                guard let time = Timestamp(rfc3339: text) else { throw members.fault(key, rule) }
                return time
            }
            setting = TokenSetting(name: name, digest: digest, scopes: scopes, expires: expires)
        }
    }

    /// An upstream in the list: a URL, or an object.
    private struct Upstream: Decodable {
        var setting: UpstreamSetting

        init(from decoder: any Decoder) throws {
            if let url = try? decoder.singleValueContainer().decode(String.self) {
                setting = UpstreamSetting(url: url)
                return
            }
            let members = try SettingsMembers(
                decoder, known: UpstreamSetting.Key.allCases.map(\.rawValue))
            func text(_ key: UpstreamSetting.Key) throws -> String? {
                try members.value(key.rawValue, "must be a string", String.self)
            }
            guard let url = try text(.url) else {
                throw members.fault(UpstreamSetting.Key.url.rawValue, "is missing")
            }
            setting = UpstreamSetting(url: url)
            do {
                setting.token = try text(.token).map { try UpstreamToken($0) }
            } catch let error as UpstreamConfigurationError {
                throw members.fault(UpstreamSetting.Key.token.rawValue, "cannot be used: \(error)")
            }
            setting.tokenFile = try text(.tokenFile)
            setting.namespace = try text(.namespace)
        }
    }
}
