import Testing

@testable import StreamServer

@Suite("SHA-256")
struct SHA256Tests {
    private func digest(_ message: some Sequence<UInt8>) -> String {
        SHA256.digest(of: Array(message)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    @Test(
        "the messages of the standard have the standard's digests",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                    + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
            ),
        ])
    func standard(message: String, expected: String) {
        #expect(digest(message.utf8) == expected)
    }

    @Test("a message of many blocks")
    func long() {
        #expect(
            digest([UInt8](repeating: UInt8(ascii: "a"), count: 100_000))
                == "6d1cf22d7cc09b085dfc25ee1a1f3ae0265804c607bc2074ad253bcc82fd81ee")
    }

    /// What Python's `hashlib` says of the digests of all of them, one behind the other.
    @Test("messages of every length around the ends of blocks")
    func lengths() {
        let all = (0..<200).flatMap { length in
            SHA256.digest(of: (0..<length).map { UInt8($0 * 7 % 251) })
        }
        #expect(
            digest(all) == "f2eefe7b2cd59138a6af947f3d4e4b5cdedbc2586af178a396b1cd0770bdf290")
    }
}
