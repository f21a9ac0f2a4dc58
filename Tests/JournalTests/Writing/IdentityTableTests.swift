@testable import Journal
import TestSupport
import Testing

/// Tables of identities, against a list and a search through all of it.
@Suite("Identities")
struct IdentityTableTests {
    private func places(_ table: IdentityTable, _ hash: UInt64) -> [Int] {
        var found: [Int] = []
        table.search(hash) { place in
            found.append(place)
            return false
        }
        return found.sorted()
    }

    @Test("everything that was put in is found, and what has other bits is not", arguments: 0..<20)
    func search(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = IdentityTable()
        var all: [(hash: UInt64, place: Int)] = []
        for place in 0..<random.below(5000) {
            // Few values, so that some hashes have several places.
            let hash = random.oneIn(2) ? UInt64(random.below(50)) : random.next()
            table.insert(hash, at: place)
            all.append((hash, place))
        }
        #expect(table.count == all.count)
        for (hash, _) in all.prefix(500) {
            let bits = UInt32(truncatingIfNeeded: hash)
            let expected = all.filter { UInt32(truncatingIfNeeded: $0.hash) == bits }.map(\.place)
            #expect(places(table, hash) == expected)
        }
        #expect(places(table, 1 << 31 | 7) == [])
        var moved = IdentityTable()
        moved.append(table, from: 1000)
        for (hash, _) in all.prefix(100) {
            #expect(places(moved, hash) == places(table, hash).map { $0 + 1000 })
        }
    }

    @Test("a search ends where it is told to")
    func stops() {
        var table = IdentityTable()
        for place in 0..<10 { table.insert(7, at: place) }
        var calls = 0
        table.search(7) { _ in
            calls += 1
            return calls == 3
        }
        #expect(calls == 3)
    }

    @Test("the groups of a sealed identity are those of all with its bits", arguments: 0..<20)
    func sealed(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let all = (0..<random.below(3000)).map { _ -> (hash: UInt64, group: Int) in
            // Crowded, spread, and at both ends: the first guess is wrong for some.
            let hash = [
                UInt64(random.below(20)), random.next(), UInt64(UInt32.max),
                UInt64(1 << 20 + random.below(30)),
            ][random.below(4)]
            return (hash, random.below(40))
        }
        let sealed = SealedIdentities(all)
        for hash in all.prefix(300).map(\.hash) + [0, 1 << 40, random.next()] {
            let bits = UInt32(truncatingIfNeeded: hash)
            let expected = all.filter { UInt32(truncatingIfNeeded: $0.hash) == bits }.map(\.group)
            #expect(sealed.groups(with: hash) == expected.sorted())
        }
    }

    @Test("numbers are sorted as the library sorts them", arguments: 0..<20)
    func sort(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let mask = [UInt64.max, 0xFFFF, 0xFF00_0000_00FF, 0][random.below(4)]
        let numbers = (0..<random.below(8000)).map { _ in random.next() & mask }
        var sorted = numbers
        RadixSort.sort(&sorted)
        #expect(sorted == numbers.sorted())
    }
}
