/// What went wrong in the journal, in one sentence that names what, where and what to do.
public struct JournalError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; extensible, so switch over it with a fallback.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as logs show it.
        public let description: String

        private init(_ name: String) {
            description = name
        }

        /// The operating system refused a call.
        ///
        /// See the message; the journal is unchanged.
        public static let io = Code("io")
        /// The disk is full.
        ///
        /// Make room: the journal goes on by itself.
        public static let diskFull = Code("diskFull")
        /// Another process writes to this journal.
        ///
        /// Stop it, or send the command to it.
        public static let locked = Code("locked")
        /// A newer version wrote this journal.
        ///
        /// Use that version; nothing was touched.
        public static let newerFormat = Code("newerFormat")
        /// Bytes on disk are not what was written.
        ///
        /// Run `tapedeck verify`.
        public static let damaged = Code("damaged")
        /// There is no journal here.
        ///
        /// Check the directory's name.
        public static let notFound = Code("notFound")
        /// A file was replaced or removed while it was read: read again.
        static let moved = Code("moved")
        /// The journal accepts no more writes since its disk failed.
        ///
        /// Mend the disk and restart.
        public static let readOnly = Code("readOnly")
        /// More is queued for the disk than ``Journal/Limits/queuedBytesMax``.
        ///
        /// Try again later.
        public static let overloaded = Code("overloaded")
        /// The journal was closed while the call waited.
        public static let closed = Code("closed")
        /// The event is not one that a journal takes; the message says why.
        public static let invalidEvent = Code("invalidEvent")
        /// The event or batch is larger than the limit that the message names.
        public static let tooLarge = Code("tooLarge")
    }

    /// The kind of failure.
    public var code: Code
    /// One sentence.
    public var message: String
    /// The file or directory concerned.
    public var path: String?
    /// The record concerned.
    public var offset: Offset?
    /// The place in the file.
    public var position: Position?
    /// What caused it.
    public var cause: (any Error)?

    /// A failure of kind `code`, described by `message`.
    public init(
        _ code: Code, _ message: String, path: String? = nil, offset: Offset? = nil,
        position: Position? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.offset = offset
        self.position = position
        self.cause = cause
    }

    /// What, where, and what to do, on one line.
    public var description: String {
        var text = path.map { "\($0): \(message)" } ?? message
        if let position { text += " (at byte \(position.rawValue))" }
        if let offset { text += " (offset \(offset.rawValue))" }
        return text
    }
}
