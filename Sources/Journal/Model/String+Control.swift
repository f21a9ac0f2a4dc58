extension String {
    /// Whether there is a control character in it: U+0000–U+001F, U+007F–U+009F.
    var hasControlCharacter: Bool {
        // SAFETY: the bytes are used within the closure alone.
        unsafe utf8.withContiguousStorageIfAvailable { unsafe String.hasControlCharacter($0) }
            ?? String.hasControlCharacter(utf8)
    }

    private static func hasControlCharacter(_ bytes: some Sequence<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for byte in bytes {
            if byte < 0x20 || byte == 0x7F { return true }
            if previous == 0xC2, (0x80...0x9F).contains(byte) { return true }
            previous = byte
        }
        return false
    }
}
