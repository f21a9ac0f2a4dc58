import Glibc

/// Finds the stamps of ``LoadEvent`` in a stream, however it is cut into pieces.
struct StampReader {
    /// The beginning of a stamp that the last piece ended in.
    private var begun: [UInt8] = []

    /// Calls `found` with the number and the time of each event in the piece.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ found: (_ number: Int, _ due: UInt64) -> Void
    ) {
        guard let base = bytes.baseAddress else { return }
        var place = 0
        if !begun.isEmpty {
            place = min(LoadEvent.stampBytes - begun.count, bytes.count)
            unsafe begun += bytes[0..<place]
            guard begun.count == LoadEvent.stampBytes else { return }
            unsafe begun.withUnsafeBytes { stamp in
                if let base = stamp.baseAddress { unsafe report(base, found) }
            }
            begun.removeAll(keepingCapacity: true)
        }
        while place < bytes.count,
            let hit = unsafe memchr(base + place, Int32(LoadEvent.mark), bytes.count - place)
        {
            let at = unsafe UnsafeRawPointer(hit) - base
            guard at + LoadEvent.stampBytes <= bytes.count else {
                unsafe begun += bytes[at...]
                return
            }
            unsafe report(base + at, found)
            place = at + LoadEvent.stampBytes
        }
    }

    private func report(
        _ stamp: UnsafeRawPointer, _ found: (_ number: Int, _ due: UInt64) -> Void
    ) {
        let number = unsafe digits(stamp + 1, LoadEvent.numberDigits)
        let due = unsafe digits(stamp + 2 + LoadEvent.numberDigits, LoadEvent.timeDigits)
        found(number, UInt64(due))
    }

    /// What is no digit makes a number that no event has, and so is told as lost.
    private func digits(_ start: UnsafeRawPointer, _ count: Int) -> Int {
        var value = 0
        for index in 0..<count {
            value =
                unsafe value &* 10 &+ Int(start.load(fromByteOffset: index, as: UInt8.self))
                &- 0x30
        }
        return value
    }
}
