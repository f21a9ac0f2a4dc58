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
        layer.insecure = try value(.insecure)
        layer.scrubBytesPerSecond = try value(.scrubBytesPerSecond)
        layer.scrubIntervalSeconds = try value(.scrubIntervalSeconds)
        layer.lowSpaceBytes = try value(.lowSpaceBytes)
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
