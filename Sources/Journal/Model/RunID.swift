/// The name of one agent run: 1 to 256 bytes of UTF-8 without control characters.
public struct RunID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The most bytes that a name may have.
    public static let bytesMax = 256

    /// Where events go whose run is not known, or whose `run_id` is no valid name.
    public static let unassigned = RunID(unchecked: "unassigned")

    /// A name that no run can have: readers of a run that they may not read are given this one, so
    /// that all is as with a run that was never heard of.
    package static let hidden = RunID(unchecked: "\u{0}")

    /// The name itself.
    public let name: String
    /// Of its bytes: tells apart what `String` takes for equal.
    private let hash: UInt64

    /// The run of that name; nil when it is empty, longer than ``bytesMax``, or holds a control
    /// character (U+0000–U+001F, U+007F–U+009F).
    public init?(_ name: String) {
        guard (1...RunID.bytesMax).contains(name.utf8.count),
            !name.hasControlCharacter
        else { return nil }
        self.name = name
        hash = NameHash.of(name)
    }

    /// Whether `bytes` spell a name that a run can have.
    static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            return String(validating: bytes, as: UTF8.self).flatMap(RunID.init) != nil
        }
        return (1...bytesMax).contains(bytes.count)
    }

    private init(unchecked name: String) {
        self.name = name
        hash = NameHash.of(name)
    }

    /// The name itself.
    public var description: String { name }

    /// Names are equal if their bytes are: two spellings of one character are two names.
    public static func == (left: RunID, right: RunID) -> Bool {
        left.hash == right.hash && left.name == right.name
    }

    /// In order of the bytes.
    public static func < (left: RunID, right: RunID) -> Bool {
        left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }

    /// Of the name's bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}
