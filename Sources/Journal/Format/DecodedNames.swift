/// Names that groups spell out again and again: each is checked and made once.
struct DecodedNames<Name: SpelledName> {
    /// More than these are forgotten together.
    private static var namesMax: Int { 4096 }

    private var names: [UInt64: Name] = [:]

    /// The name that `bytes` spell; nil when they are none.
    mutating func name(_ bytes: ArraySlice<UInt8>) -> Name? {
        let hash = NameHash.of(bytes)
        if let known = names[hash], known.name.utf8.elementsEqual(bytes) { return known }
        guard let text = String(validating: bytes, as: UTF8.self), let name = Name(text)
        else { return nil }
        if names.count == Self.namesMax { names = [:] }
        names[hash] = name
        return name
    }
}

/// What records spell out by its name: a run or a type.
protocol SpelledName {
    static var bytesMax: Int { get }
    var name: String { get }
    /// The one of that name; nil when it cannot be one.
    init?(_ name: String)
}

extension RunID: SpelledName {}
extension EventType: SpelledName {}
