package import Journal

/// Who is known to a server: the holders of its tokens.
///
/// A pure value: tells who somebody is by the secret that they show. What a holder may do is told by
/// ``Holder``, and which route takes what by ``AccessRule``.
package struct Access: Hashable, Sendable {
    private struct Entry: Hashable, Sendable {
        let digest: SecretDigest
        let holder: Holder
    }

    /// Nobody is asked, and everybody may do everything.
    package static let open = Access([])

    private let entries: [Entry]

    /// Knows the holders of these tokens; without any nobody is asked.
    package init(_ tokens: [TokenSetting]) {
        entries = tokens.map {
            Entry(
                digest: $0.digest,
                holder: Holder(name: $0.name, scopes: $0.scopes, expires: $0.expires))
        }
    }

    /// Whether nobody is asked.
    package var isOpen: Bool { entries.isEmpty }

    /// Who has the token `secret`; nil when it is none, or none any more at `now`.
    ///
    /// Takes the same time for each token that is known, and for one that is not.
    package func holder(of secret: Secret, at now: Timestamp) -> Holder? {
        guard secret.isWellFormed else { return nil }
        let digest = secret.digest
        var found: Holder?
        for entry in entries where entry.digest.isSame(as: digest) { found = entry.holder }
        return found?.isGood(at: now) == true ? found : nil
    }
}
