/// The members of one object in a file of settings; none of them is unknown.
struct SettingsMembers {
    /// Any member's name.
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) {
            return nil
        }
    }

    private let container: KeyedDecodingContainer<Name>

    /// Where the object stands, such as `upstreams[0].`; empty for the outermost.
    private let place: String

    /// The members of the object that `decoder` is at.
    ///
    /// - Throws: ``SettingsError`` that names a member which is not `known`; `DecodingError` when
    ///   there is no object.
    init(_ decoder: any Decoder, known: [String]) throws {
        container = try decoder.container(keyedBy: Name.self)
        place = SettingsMembers.place(of: decoder.codingPath)
        let unknown = container.allKeys.map(\.stringValue).filter { !known.contains($0) }.min()
        if let unknown {
            throw SettingsError(
                "\(place)\(unknown) is no setting; there are \(known.joined(separator: ", "))")
        }
    }

    /// The value of the member `name`; nil if it is absent.
    ///
    /// - Throws: ``SettingsError`` that says `rule` when it is of another kind.
    func value<Value: Decodable>(_ name: String, _ rule: String, _ type: Value.Type) throws
        -> Value?
    {
        let key = Name(stringValue: name)
        guard container.contains(key) else { return nil }
        do {
            return try container.decode(type, forKey: key)
        } catch let error as SettingsError {
            throw error
        } catch {
            throw fault(name, rule)
        }
    }

    /// What is wrong with the member `name`.
    func fault(_ name: String, _ rule: String) -> SettingsError {
        SettingsError("\(place)\(name) \(rule)")
    }

    private static func place(of path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let number = key.intValue {
                text += "[\(number)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return text.isEmpty ? "" : text + "."
    }
}
