import CChecksum

/// Checksums and hashes over bytes.
package enum Checksum {
    /// CRC-32C of `bytes`, continued from `seed`; 8 GB/s where the processor has the instruction.
    package static func crc32c(_ bytes: some Sequence<UInt8>, seed: UInt32 = 0) -> UInt32 {
        // SAFETY: the pointer is used within the closure alone, with the buffer's own count.
        bytes.withContiguousStorageIfAvailable { buffer in
            unsafe tapedeck_crc32c(seed, buffer.baseAddress, buffer.count)
        } ?? crc32c(Array(bytes), seed: seed)
    }

    /// CRC-32C by its definition, a bit at a time: what tests compare the fast one against.
    package static func crc32cReference(_ bytes: [UInt8]) -> UInt32 {
        // SAFETY: the pointer is used within the closure alone, with the buffer's own count.
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe tapedeck_crc32c_reference(0, buffer.baseAddress, buffer.count)
        }
    }

    /// A 64-bit hash of `bytes`, started from `seed`; stored in footers, so its definition is part
    /// of the format.
    package static func hash64(_ bytes: some Sequence<UInt8>, seed: UInt64) -> UInt64 {
        // SAFETY: the pointer is used within the closure alone, with the buffer's own count.
        bytes.withContiguousStorageIfAvailable { buffer in
            unsafe tapedeck_hash64(seed, buffer.baseAddress, buffer.count)
        } ?? hash64(Array(bytes), seed: seed)
    }
}
