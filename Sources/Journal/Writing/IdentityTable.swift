/// Places of records by their identity hashes, in memory: eight bytes an entry, at most three
/// quarters full.
///
/// Keeps 32 bits of each hash, as a footer does, and everything that was inserted: whoever finds a
/// place compares the record that is there.
struct IdentityTable: Sendable {
    /// Nobody can choose hashes that crowd together.
    private static let multiplier = UInt32.random(in: .min ... .max) | 1
    private static let slotsMin = 16

    /// The bits of a hash, and above them its place plus one; 0 where there is none.
    private var slots: [UInt64] = []
    private var shift: UInt32 = 0
    private(set) var count = 0

    /// Puts in a place, below 2³² - 1, of a record with the identity `hash`.
    mutating func insert(_ hash: UInt64, at place: Int) {
        if 4 * (count + 1) > 3 * slots.count { grow(to: max(2 * slots.count, Self.slotsMin)) }
        let place = UInt32(place) + 1
        put(UInt64(UInt32(truncatingIfNeeded: hash)) | UInt64(place) << 32)
        count += 1
    }

    /// Puts in those of a commit whose places count from `start`.
    mutating func append(_ commit: IdentityTable, from start: Int) {
        commit.forEach { insert(UInt64($0), at: start + $1) }
    }

    /// Makes room for so many entries.
    mutating func reserve(_ entries: Int) {
        var capacity = max(slots.count, Self.slotsMin)
        while 4 * entries > 3 * capacity { capacity *= 2 }
        if capacity > slots.count { grow(to: capacity) }
    }

    /// Calls `body` with each place at which a record with the identity `hash` may be, until it
    /// returns true.
    @inline(__always)
    func search(_ hash: UInt64, _ body: (Int) -> Bool) {
        guard count > 0 else { return }
        let bits = UInt32(truncatingIfNeeded: hash)
        var slot = slot(of: bits)
        while slots[slot] != 0 {
            let entry = slots[slot]
            if UInt32(truncatingIfNeeded: entry) == bits, body(Int(entry >> 32) - 1) { return }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    /// Calls `body` with the bits of each hash and its place, in no order.
    func forEach(_ body: (UInt32, Int) -> Void) {
        for entry in slots where entry != 0 {
            body(UInt32(truncatingIfNeeded: entry), Int(entry >> 32) - 1)
        }
    }

    private func slot(of bits: UInt32) -> Int {
        Int((bits &* Self.multiplier) >> shift)
    }

    private mutating func put(_ entry: UInt64) {
        var slot = slot(of: UInt32(truncatingIfNeeded: entry))
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
    }

    private mutating func grow(to capacity: Int) {
        let old = slots
        slots = [UInt64](repeating: 0, count: capacity)
        shift = 32 - UInt32(capacity.trailingZeroBitCount)
        for entry in old where entry != 0 { put(entry) }
    }
}
