/// The identities of a sealed segment's records: 32 bits of each hash, sorted, and the group in
/// which the record is.
///
/// About 4 bytes a record on disk.
struct SealedIdentities: Hashable, Sendable {
    private struct Entry: Hashable {
        var hash: UInt32
        var group: UInt32
    }

    private var entries: [Entry] = []

    /// The identities of records, each with its group's place in the index.
    init(_ identities: some Sequence<(hash: UInt64, group: Int)>) {
        entries = identities.map {
            Entry(hash: UInt32(truncatingIfNeeded: $0.hash), group: UInt32($0.group))
        }
        entries.sort { ($0.hash, $0.group) < ($1.hash, $1.group) }
    }

    /// The groups that may hold a record with this identity hash.
    func groups(with hash: UInt64) -> [Int] {
        let wanted = UInt32(truncatingIfNeeded: hash)
        guard var place = entries.lowerBound({ $0.hash < wanted }) else { return [] }
        var found: [Int] = []
        while place < entries.count, entries[place].hash == wanted {
            found.append(Int(entries[place].group))
            place += 1
        }
        return found
    }

    /// Whether both tell of records with the same hashes.
    func hasSameHashes(as other: SealedIdentities) -> Bool {
        Set(entries.map(\.hash)) == Set(other.entries.map(\.hash))
    }

    func encode(into output: inout [UInt8]) {
        output.append(count: entries.count)
        var previous: UInt32 = 0
        for entry in entries {
            output.append(varint: UInt64(entry.hash - previous))
            output.append(varint: UInt64(entry.group))
            previous = entry.hash
        }
    }

    init?(_ reader: inout ByteReader, groups: Int) {
        guard let count = reader.count(max: reader.remaining) else { return nil }
        var previous: UInt64 = 0
        entries.reserveCapacity(count)
        for _ in 0..<count {
            guard let step = reader.varint(), step <= UInt32.max,
                let group = reader.count(max: groups), group < groups
            else { return nil }
            previous += step
            guard previous <= UInt32.max else { return nil }
            entries.append(Entry(hash: UInt32(previous), group: UInt32(group)))
        }
    }
}
