/// One metric: all its series have this name, and differ in their labels.
struct MetricFamily: Hashable, Sendable {
    /// What kind of values it has.
    enum Kind: Hashable, Sendable {
        /// Grows, and begins again at 0 when the program starts.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts values by their size: those that are at most each of the bounds, which ascend.
        case histogram(bounds: [Double])
    }

    /// The name: letters, digits, `_` and `:`, and no digit first.
    let name: String
    let kind: Kind
    /// One line that says what it is.
    let help: String

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}
