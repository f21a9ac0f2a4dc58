@testable import Journal
import TestSupport
import Testing

@Suite("Numbers in bytes")
struct NumberCodingTests {
    @Test(
        "varints take 7 bits a byte",
        arguments: [
            (0, 1), (1, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (UInt64(UInt32.max), 5),
            (1 << 63, 10), (.max, 10),
        ] as [(UInt64, Int)])
    func varint(value: UInt64, length: Int) {
        var bytes: [UInt8] = []
        bytes.append(varint: value)
        #expect(bytes.count == length)
        var reader = ByteReader(bytes)
        #expect(reader.varint() == value && reader.remaining == 0)
        for cut in 0..<length {
            var short = ByteReader(Array(bytes.prefix(cut)))
            #expect(short.varint() == nil)
        }
    }

    @Test("a varint beyond 64 bits is none")
    func varintTooLong() {
        for bytes in [[UInt8](repeating: 0xFF, count: 10), [UInt8](repeating: 0x80, count: 11)] {
            var reader = ByteReader(bytes)
            #expect(reader.varint() == nil)
        }
    }

    @Test(
        "signed numbers are zigzag-coded",
        arguments: [
            (0, 0), (-1, 1), (1, 2), (-2, 3), (.max, .max - 1), (.min, .max),
        ] as [(Int64, UInt64)])
    func zigzag(value: Int64, coded: UInt64) {
        var bytes: [UInt8] = []
        bytes.append(signed: value)
        var reader = ByteReader(bytes)
        #expect(reader.varint() == coded)
        reader = ByteReader(bytes)
        #expect(reader.signed() == value)
    }

    @Test("fixed numbers are little-endian")
    func fixed() {
        var bytes: [UInt8] = []
        bytes.append(fixed: UInt32(0x0102_0304))
        #expect(bytes == [4, 3, 2, 1])
        var reader = ByteReader(bytes)
        #expect(reader.fixed(UInt32.self) == 0x0102_0304)
        reader = ByteReader(bytes)
        #expect(reader.fixed(UInt64.self) == nil)
    }

    @Test(
        "CRC-32C has its known values",
        arguments: [
            ([], 0), (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
        ] as [([UInt8], UInt32)])
    func crc(bytes: [UInt8], expected: UInt32) {
        #expect(Checksum.crc32c(bytes) == expected)
        #expect(Checksum.crc32cReference(bytes) == expected)
    }

    @Test("CRC-32C of the processor is that of the definition, at any length and in parts")
    func crcHardware() {
        var generator = SplitMix64(seed: 3)
        let bytes = (0..<300).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        for length in 0...bytes.count {
            let part = Array(bytes.prefix(length))
            #expect(Checksum.crc32c(part) == Checksum.crc32cReference(part))
            let head = Checksum.crc32c(part.prefix(length / 3))
            #expect(
                Checksum.crc32c(part.dropFirst(length / 3), seed: head) == Checksum.crc32c(part))
        }
    }

    @Test(
        "the 64-bit hash never changes",
        arguments: [
            ("", 0), ("a", 1), ("0123456789abcdef", 2), ("0123456789abcdefg", 3),
        ] as [(String, UInt64)])
    func hash(text: String, seed: UInt64) {
        #expect(Checksum.hash64(text.utf8, seed: seed) == GoldenBytes.hashes[text])
    }
}
