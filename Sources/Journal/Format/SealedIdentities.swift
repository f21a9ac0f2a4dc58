/// The identities of a sealed segment's records: 32 bits of each hash, sorted, and the group in
/// which the record is.
///
/// About 4 bytes a record on disk, 8 in memory.
struct SealedIdentities: Hashable, Sendable {
    /// The bits of the hash, and below them the group: in order of both.
    private var entries: [UInt64] = []

    /// The identities of records, each with its group's place in the index.
    init(_ identities: some Sequence<(hash: UInt64, group: Int)>) {
        entries = identities.map { Self.entry(UInt32(truncatingIfNeeded: $0.hash), $0.group) }
        RadixSort.sort(&entries)
    }

    /// The identities of a segment's records by their places from `base` on, each in the group
    /// that `index` says.
    init(_ table: IdentityTable, of index: SegmentIndex, from base: Offset) {
        guard let last = index.groups.last?.last else { return }
        var groups: [UInt32] = []
        groups.reserveCapacity(Int(last.rawValue - base.rawValue) + 1)
        for (number, group) in index.groups.enumerated() {
            let end = Int(group.last.rawValue - base.rawValue) + 1
            while groups.count < end { groups.append(UInt32(number)) }
        }
        entries.reserveCapacity(table.count)
        table.forEach { bits, place in
            if place < groups.count { entries.append(Self.entry(bits, Int(groups[place]))) }
        }
        RadixSort.sort(&entries)
    }

    private static func entry(_ bits: UInt32, _ group: Int) -> UInt64 {
        UInt64(bits) << 32 | UInt64(UInt32(group))
    }

    /// The groups that may hold a record with this identity hash.
    func groups(with hash: UInt64) -> [Int] {
        let wanted = UInt64(UInt32(truncatingIfNeeded: hash))
        var place = place(of: wanted)
        var found: [Int] = []
        while place < entries.count, entries[place] >> 32 == wanted {
            found.append(Int(UInt32(truncatingIfNeeded: entries[place])))
            place += 1
        }
        return found
    }

    /// The place of the first entry whose bits are not below `wanted`.
    ///
    /// Hashes are spread evenly, so the place is near the one that they would have if they were
    /// spread exactly: a few steps, where halving would take twenty, each a miss of the cache.
    private func place(of wanted: UInt64) -> Int {
        let guess = Int(wanted.multipliedFullWidth(by: UInt64(entries.count) << 32).high)
        var low = guess
        var high = guess
        var step = 8
        while low > 0, entries[low - 1] >> 32 >= wanted {
            high = low
            low = max(low - step, 0)
            step *= 2
        }
        step = 8
        while high < entries.count, entries[high] >> 32 < wanted {
            low = high
            high = min(high + step, entries.count)
            step *= 2
        }
        while low < high {
            let middle = (low + high) / 2
            if entries[middle] >> 32 < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether both tell of records with the same hashes.
    func hasSameHashes(as other: SealedIdentities) -> Bool {
        Set(entries.map { $0 >> 32 }) == Set(other.entries.map { $0 >> 32 })
    }

    /// How many bytes of memory they take.
    var weight: Int { 8 * entries.count }

    func encode(into output: inout [UInt8]) {
        output.append(count: entries.count)
        var previous: UInt64 = 0
        for entry in entries {
            output.append(varint: (entry >> 32) - previous)
            output.append(varint: UInt64(UInt32(truncatingIfNeeded: entry)))
            previous = entry >> 32
        }
    }

    /// Reads what ``encode(into:)`` wrote for a segment of so many groups; nil when it is anything
    /// else.
    init?(_ bytes: [UInt8], groups: Int) {
        var reader = ByteReader(bytes)
        guard let count = reader.count(max: reader.remaining) else { return nil }
        var previous: UInt64 = 0
        entries.reserveCapacity(count)
        for _ in 0..<count {
            guard let step = reader.varint(), step <= UInt32.max,
                let group = reader.count(max: groups), group < groups
            else { return nil }
            previous += step
            guard previous <= UInt32.max else { return nil }
            entries.append(Self.entry(UInt32(previous), group))
        }
        guard reader.remaining == 0 else { return nil }
    }
}
