/// What was wrong with a request to replay, in one sentence.
///
/// What fails while a replay runs is thrown as it came from its source or sink.
package struct ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; extensible, so switch over it with a fallback.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as logs show it.
        package let description: String

        private init(_ name: String) {
            description = name
        }

        /// The text names no position.
        ///
        /// Correct it as the message says.
        package static let invalidPosition = Code("invalidPosition")
        /// The text is no speed, or one out of bounds.
        ///
        /// Correct it as the message says.
        package static let invalidSpeed = Code("invalidSpeed")
        /// The text is no duration.
        ///
        /// Correct it as the message says.
        package static let invalidDuration = Code("invalidDuration")
        /// The text names nothing that could be taken out of a run.
        ///
        /// Correct it as the message says.
        package static let invalidRedaction = Code("invalidRedaction")
        /// An event cannot be handed on without what was to be taken out.
        package static let cannotRedact = Code("cannotRedact")
    }

    /// The most characters of a refused text that a message repeats.
    private static let quotedCharactersMax = 64

    /// The kind of failure.
    package var code: Code
    /// One sentence.
    package var message: String

    package var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// A refusal of `text`, which `problem` says to be what it is not and what to give instead.
    init(_ code: Code, refusing text: some StringProtocol, _ problem: String) {
        self.code = code
        var quoted = String(
            text.prefix(ReplayError.quotedCharactersMax).map { character in
                character.unicodeScalars.contains { $0.properties.generalCategory == .control }
                    ? "\u{FFFD}" : character
            })
        if quoted.count < text.count { quoted += "…" }
        message = "\"\(quoted)\" \(problem)"
    }
}
