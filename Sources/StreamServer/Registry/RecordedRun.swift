import Journal

/// Which messages of one run are recorded, as hashes of their ids: a fold over its records.
///
/// Costs about 16 bytes a message.
struct RecordedRun: Sendable {
    private static let pageBytes = 256 << 10
    /// Nobody who chooses ids can choose two with one hash.
    private static let seed = UInt64.random(in: .min ... .max)

    private let run: RunID
    private var cursor = Cursor.start
    private var messages: Set<UInt64> = []
    /// The content of those that are recorded cut, as a hash.
    private var cut: [UInt64: UInt64] = [:]

    /// What is known of a message.
    enum Standing: Hashable, Sendable {
        /// It is not recorded.
        case missing
        /// It is recorded, and nothing better is known of it.
        case known
        /// Only the beginning of its content is recorded.
        case isCut
    }

    /// A run of which nothing is known yet.
    init(_ run: RunID) {
        self.run = run
    }

    /// How many messages are recorded.
    var count: Int { messages.count }

    /// Reads what has been recorded since the last call.
    ///
    /// Blocks while it reads from disk.
    ///
    /// - Throws: ``JournalError`` with code `io`.
    mutating func catchUp(_ journal: Journal) throws(JournalError) {
        while true {
            let page = try journal.read(
                .run(run), from: cursor, bytesMax: RecordedRun.pageBytes)
            for record in page.records { fold(record) }
            cursor = page.cursor
            if page.isAtEnd { return }
        }
    }

    /// How a message with this id and this whole content is recorded.
    func standing(of messageID: String, content: String) -> Standing {
        let id = RecordedRun.hash(messageID)
        guard messages.contains(id) else { return .missing }
        guard let recorded = cut[id],
            content.unicodeScalars.dropFirst(CutContent.characters).first != nil,
            CutContent.hash(ofCut: content) == recorded
        else { return .known }
        return .isCut
    }

    private mutating func fold(_ record: Record) {
        guard record.type == .messageSent || record.type == .journalAmend,
            let fields = try? JSONScanner.data(in: record.data).fields,
            let text = fields.messageID
        else { return }
        let id = RecordedRun.hash(text.string(in: record.data))
        if record.type == .journalAmend {
            cut[id] = nil
        } else if let content = CutContent(fields, in: record.data) {
            // Once whole, or amended, a message that comes again cut has nothing to tell.
            if messages.insert(id).inserted { cut[id] = content.hash }
        } else {
            messages.insert(id)
            cut[id] = nil
        }
    }

    private static func hash(_ id: String) -> UInt64 {
        Checksum.hash64(id.utf8, seed: seed)
    }
}
