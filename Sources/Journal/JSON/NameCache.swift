/// Names of types and runs that come again and again in one request: each made once.
package struct NameCache {
    private static let namesMax = 32

    private var types: [EventType] = []
    private var runs: [RunID] = []

    /// No names.
    package init() {}

    /// The type that `text`, in `bytes`, spells; nil when it is none.
    mutating func type(_ text: JSONText, in bytes: [UInt8]) -> EventType? {
        if let known = types.first(where: { text.isPlainly($0.name, in: bytes) }) { return known }
        guard let type = EventType(text.string(in: bytes)) else { return nil }
        if types.count < NameCache.namesMax { types.append(type) }
        return type
    }

    /// The run that `text`, in `bytes`, spells; nil when it is none.
    package mutating func run(_ text: JSONText, in bytes: [UInt8]) -> RunID? {
        if let known = runs.first(where: { text.isPlainly($0.name, in: bytes) }) { return known }
        guard let run = RunID(text.string(in: bytes)) else { return nil }
        if runs.count < NameCache.namesMax { runs.append(run) }
        return run
    }
}
