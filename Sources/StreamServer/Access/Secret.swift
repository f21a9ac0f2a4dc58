/// A token or a ticket in the clear: 256 random bits.
///
/// It prints as `(a secret)`, however it is printed, so that no log can hold it.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private static let bytesMax = 256

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 43 characters of 6 bits each hold 256 bits.
    private static let characters = 43

    /// The secret itself.
    package let text: String

    /// A secret that somebody shows.
    init(_ text: String) {
        self.text = text
    }

    /// A new secret, which nobody can guess, behind a prefix that tells what it is.
    package init(prefix: String) {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<Secret.characters).compactMap { _ in
            Secret.alphabet.randomElement(using: &generator)
        }
        text = prefix + String(decoding: random, as: UTF8.self)
    }

    /// Whether it can be one that was made for here, and stand in a header: not too long, and of
    /// characters that bearer tokens have (RFC 6750).
    var isWellFormed: Bool {
        (1...Secret.bytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                Secret.alphabet.contains($0) || ".~+/=".utf8.contains($0)
            }
    }

    /// What is kept of it.
    package var digest: SecretDigest { SecretDigest(of: text) }

    package var description: String { "(a secret)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
