/// Why bytes are not the JSON that was asked for.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong at an error's position.
    package enum Problem: Hashable, Sendable {
        /// The text ends before its value does.
        case unexpectedEnd
        /// No JSON can have this byte here.
        case unexpectedByte
        /// A string's bytes are not UTF-8: overlong, a surrogate, above U+10FFFF or incomplete.
        case invalidUTF8
        /// A backslash is followed by what RFC 8259 does not know.
        case invalidEscape
        /// A string holds a byte below 0x20, which must be written as an escape.
        case controlCharacterInString
        /// Containers are nested more deeply than ``JSONScanner/depthMax``.
        case tooDeep
        /// Something other than whitespace follows the value.
        case trailingBytes
        /// The text is another kind of value where an object was asked for.
        case notAnObject
        /// The text is another kind of value where an array was asked for.
        case notAnArray
    }

    /// The byte at fault, counted from 0 in the bytes that were passed; their count at the end.
    package var position: Int

    /// What is wrong there.
    package var problem: Problem

    /// An error at `position`.
    package init(position: Int, problem: Problem) {
        self.position = position
        self.problem = problem
    }

    /// A fragment of a sentence, for example `invalid UTF-8 at byte 17`.
    package var description: String {
        switch problem {
        case .unexpectedEnd: "unexpected end of JSON at byte \(position)"
        case .unexpectedByte: "unexpected character at byte \(position)"
        case .invalidUTF8: "invalid UTF-8 at byte \(position)"
        case .invalidEscape: "invalid escape in a string at byte \(position)"
        case .controlCharacterInString:
            "unescaped control character in a string at byte \(position)"
        case .tooDeep: "nesting deeper than \(JSONScanner.depthMax) levels at byte \(position)"
        case .trailingBytes: "unexpected bytes after the JSON value at byte \(position)"
        case .notAnObject: "a value that is not an object at byte \(position)"
        case .notAnArray: "a value that is not an array at byte \(position)"
        }
    }
}
