/// The SHA-256 of a secret: what is kept of a token or a ticket.
///
/// A fast hash is enough, and no salt is needed: the secrets are drawn from 2²⁵⁶, not chosen by
/// people, so there is no list of likely ones that somebody who has the digests could try.
package struct SecretDigest: Hashable, Sendable {
    private let bytes: [UInt8]

    /// The digest of `secret`.
    package init(of secret: String) {
        bytes = SHA256.digest(of: Array(secret.utf8))
    }

    /// The digest that is written as 64 hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 2 * SHA256.digestBytes, digits.allSatisfy({ $0 != nil }) else {
            return nil
        }
        let values = digits.compactMap { $0 }
        bytes = stride(from: 0, to: values.count, by: 2).map {
            UInt8(values[$0] << 4 | values[$0 + 1])
        }
    }

    /// The digest as 64 hexadecimal digits.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Whether both are the same, in a time that does not tell how much of them is.
    func isSame(as other: SecretDigest) -> Bool {
        zip(bytes, other.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
