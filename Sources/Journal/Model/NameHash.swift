/// Hashes of names, of which there are few and which are looked up for each record: made once,
/// when a name is.
enum NameHash {
    /// Differs from process to process, so that nobody can choose names that collide.
    private static let seed = UInt64.random(in: .min ... .max)

    /// The hash of a name's bytes.
    static func of(_ name: String) -> UInt64 { of(name.utf8) }

    /// The same of bytes that may be no name.
    static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        Checksum.hash64(bytes, seed: seed)
    }
}
