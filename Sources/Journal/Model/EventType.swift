/// The type of an event: 1 to 128 bytes of UTF-8 without control characters, such as
/// `agent_chat_message_sent`.
public struct EventType: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes that a type may have.
    public static let bytesMax = 128

    /// The type itself.
    public let name: String
    /// Of its bytes: tells apart what `String` takes for equal.
    ///
    /// Its low bits are the ``Kind``.
    private let hash: UInt64

    /// Who makes events of a type: told by its name, once.
    private enum Kind: UInt64 {
        case other = 0
        case agents = 1
        case journals = 2
        case servers = 3

        static let mask: UInt64 = 3

        init(_ name: String) {
            switch name {
            case "connected", "ping", "open", "error": self = .servers
            default:
                if name.hasPrefix("stream_") {
                    self = .servers
                } else if name.hasPrefix("journal_") {
                    self = .journals
                } else {
                    self = name.hasPrefix("agent_chat_") ? .agents : .other
                }
            }
        }
    }

    /// The type of that name; nil when it is empty, too long, or holds a control character.
    public init?(_ name: String) {
        guard (1...EventType.bytesMax).contains(name.utf8.count),
            !name.hasControlCharacter
        else { return nil }
        self.init(unchecked: name)
    }

    /// A thread of conversation began.
    public static let threadCreated = EventType(unchecked: "agent_chat_thread_created")
    /// A message was said.
    public static let messageSent = EventType(unchecked: "agent_chat_message_sent")
    /// A thread of conversation ended.
    public static let threadClosed = EventType(unchecked: "agent_chat_thread_closed")

    /// Events of an upstream are, or may be, missing.
    package static let journalGap = EventType(unchecked: "journal_gap")
    /// The whole content of a message that had been recorded cut.
    package static let journalAmend = EventType(unchecked: "journal_amend")

    private init(unchecked name: String) {
        self.name = name
        hash = NameHash.of(name) & ~Kind.mask | Kind(name).rawValue
    }

    private func isOf(_ kind: Kind) -> Bool { hash & Kind.mask == kind.rawValue }

    /// Whether a page would take an event of this type for one of the server's own frames, or for
    /// the journal's own records: such types are refused when they come from outside.
    public var isReserved: Bool { isOf(.servers) || isJournals }

    /// Whether records of this type are the journal's own, such as `journal_gap`.
    package var isJournals: Bool { isOf(.journals) }

    /// Whether records of this type are of agents that talk: `agent_chat_…`.
    var isChat: Bool { isOf(.agents) }

    /// The type itself.
    public var description: String { name }

    /// Names are equal if their bytes are: two spellings of one character are two names.
    public static func == (left: EventType, right: EventType) -> Bool {
        left.hash == right.hash && left.name == right.name
    }

    /// Of the name's bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}
