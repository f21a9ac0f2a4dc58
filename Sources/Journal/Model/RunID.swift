/// The name of one agent run: 1 to 256 bytes of UTF-8 without control characters.
public struct RunID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The most bytes that a name may have.
    public static let bytesMax = 256

    /// Where events go whose run is not known, or whose `run_id` is no valid name.
    public static let unassigned = RunID(unchecked: "unassigned")

    /// The name itself.
    public let name: String

    /// The run of that name; nil when it is empty, longer than ``bytesMax``, or holds a control
    /// character (U+0000–U+001F, U+007F–U+009F).
    public init?(_ name: String) {
        guard (1...RunID.bytesMax).contains(name.utf8.count),
            !name.hasControlCharacter
        else { return nil }
        self.name = name
    }

    private init(unchecked name: String) {
        self.name = name
    }

    public var description: String { name }

    /// Names are equal if their bytes are: two spellings of one character are two names.
    public static func == (left: RunID, right: RunID) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8)
    }

    /// In order of the bytes.
    public static func < (left: RunID, right: RunID) -> Bool {
        left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        // SAFETY: the bytes are read within the closure alone.
        var name = name
        name.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
