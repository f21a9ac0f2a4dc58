/// A member's name in a form that is compared at once: up to 16 bytes of UTF-8 in one word.
///
/// The first byte is the least significant; zeros fill the rest. No other name is of interest here,
/// so longer ones, and those with U+0000, share one key that no literal is equal to.
struct JSONKey: Equatable, ExpressibleByStringLiteral {
    /// The most bytes that a name may have.
    static let bytesMax = 16

    private let packed: UInt128

    /// A name written in the source.
    ///
    /// - Precondition: `name` has 1 to ``bytesMax`` ASCII characters.
    @inline(__always)
    init(stringLiteral name: StaticString) {
        let count = name.utf8CodeUnitCount
        precondition(count <= JSONKey.bytesMax && name.hasPointerRepresentation)
        var packed: UInt128 = 0
        for index in 0..<count {
            // SAFETY: The literal has `count` bytes from `utf8Start` on, which live forever.
            packed |=
                UInt128(unsafe name.utf8Start[index]) &<< UInt128(truncatingIfNeeded: 8 * index)
        }
        self.packed = packed
    }

    /// The name that stands at `text` in `bytes`.
    @inline(__always)
    init(_ text: JSONText, in bytes: [UInt8]) {
        if text.isEscaped {
            packed = JSONKey.packedEscaped(at: text.range, in: bytes)
        } else {
            packed = JSONKey.packedPlain(at: text.range, in: bytes)
        }
    }

    @inline(__always)
    private static func packedPlain(at range: Range<Int>, in bytes: [UInt8]) -> UInt128 {
        let count = range.count
        guard (1...bytesMax).contains(count) else { return 0 }
        if bytes.count - range.lowerBound >= bytesMax {
            // SAFETY: The load checks its bounds, and each bit pattern is an integer.
            let word = unsafe bytes.span.bytes.unsafeLoadUnaligned(
                fromByteOffset: range.lowerBound, as: UInt128.self)
            let unused = UInt128(truncatingIfNeeded: 8 * (bytesMax - count))
            return UInt128(littleEndian: word) & (UInt128.max &>> unused)
        }
        return packed(bytes[range])
    }

    @inline(never)
    private static func packedEscaped(at range: Range<Int>, in bytes: [UInt8]) -> UInt128 {
        // An escape takes at most 6 bytes for each byte of a name.
        guard range.count <= 6 * bytesMax else { return 0 }
        let name = JSONText.unescaped(bytes[range])
        return name.count <= bytesMax && !name.contains(0) ? packed(name[...]) : 0
    }

    private static func packed(_ name: ArraySlice<UInt8>) -> UInt128 {
        name.reversed().reduce(0) { $0 &<< 8 | UInt128($1) }
    }
}
