/// What an upstream wants to be shown before it lets a client in.
///
/// It prints as `(a token)`, however it is printed, so that no log can hold it.
package struct UpstreamToken: Hashable, Sendable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The longest token, in bytes of UTF-8.
    package static let bytesMax = 16 << 10

    /// The token itself.
    let secret: String

    /// The token `text`.
    ///
    /// - Throws: `UpstreamConfigurationError` with a sentence for the user, in which the token does
    ///   not stand.
    package init(_ text: String) throws(UpstreamConfigurationError) {
        guard !text.isEmpty, text.utf8.count <= UpstreamToken.bytesMax,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            throw UpstreamConfigurationError(
                "The token must be 1 to \(UpstreamToken.bytesMax) bytes "
                    + "without control characters.")
        }
        secret = text
    }

    package var description: String { "(a token)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
