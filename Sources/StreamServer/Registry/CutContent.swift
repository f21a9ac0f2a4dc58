import Journal

/// The content of a message that may have been cut by who sent it: exactly as many characters as
/// older producers leave of a longer one.
struct CutContent: Hashable, Sendable {
    /// So many characters, as Python counts them, are left.
    static let characters = 100
    /// No more bytes of JSON than this hold so many characters: a surrogate pair has 12.
    private static let bytesMax = 12 * characters

    /// What is left.
    let text: String

    /// The content of an event's data whose fields are `fields`; nil when it has any other length.
    init?(_ fields: EventFields, in data: [UInt8]) {
        guard let content = fields.content,
            (CutContent.characters...CutContent.bytesMax).contains(content.range.count)
        else { return nil }
        let text = content.string(in: data)
        guard text.unicodeScalars.count == CutContent.characters else { return nil }
        self.text = text
    }

    /// Whether `whole` is what this was cut from.
    func isCut(from whole: String) -> Bool {
        whole.utf8.count > text.utf8.count && whole.utf8.starts(with: text.utf8)
    }

    /// A hash of the text, and of what would be left of another: equal if this was cut from it.
    static func hash(ofCut whole: String) -> UInt64 {
        hash(String(String.UnicodeScalarView(whole.unicodeScalars.prefix(characters))))
    }

    /// A hash of the text.
    var hash: UInt64 { CutContent.hash(text) }

    private static func hash(_ text: String) -> UInt64 {
        Checksum.hash64(text.utf8, seed: 5)
    }
}
