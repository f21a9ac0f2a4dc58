import Glibc

/// Names that groups spell out again and again: each is checked and made once.
struct DecodedNames<Name: SpelledName> {
    private static var slotsMin: Int { 64 }
    private static var slotsMax: Int { 4096 }

    /// Each name at the place that the low bits of its hash say; a newer one takes an older one's.
    private var slots: [Name?] = []
    /// How many lost their place to others.
    private var replaced = 0

    /// The name that `bytes` spell; nil when they are none.
    mutating func name(_ bytes: ArraySlice<UInt8>) -> Name? {
        if slots.isEmpty { slots = Array(repeating: nil, count: Self.slotsMin) }
        let hash = Int(truncatingIfNeeded: NameHash.of(bytes))
        let slot = hash & (slots.count - 1)
        if let known = slots[slot] {
            if known.name.isSpelled(bytes) { return known }
            replaced += 1
        }
        guard let text = String(validating: bytes, as: UTF8.self), let name = Name(text)
        else { return nil }
        if replaced > slots.count / 2, slots.count < Self.slotsMax {
            slots = Array(repeating: nil, count: 4 * slots.count)
            replaced = 0
        }
        slots[hash & (slots.count - 1)] = name
        return name
    }
}

extension String {
    /// Whether these are its bytes.
    fileprivate func isSpelled(_ bytes: ArraySlice<UInt8>) -> Bool {
        // SAFETY: as many bytes of either are compared as both have.
        let isSame = unsafe utf8.withContiguousStorageIfAvailable { name in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                guard name.count == bytes.count else { return false }
                guard let left = name.baseAddress, let right = bytes.baseAddress else {
                    return true
                }
                return unsafe memcmp(left, right, name.count) == 0
            }
        }
        return isSame ?? utf8.elementsEqual(bytes)
    }
}

/// What records spell out by its name: a run or a type.
protocol SpelledName {
    static var bytesMax: Int { get }
    var name: String { get }
    /// The one of that name; nil when it cannot be one.
    init?(_ name: String)
}

extension RunID: SpelledName {}
extension EventType: SpelledName {}
