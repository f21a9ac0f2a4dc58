/// What was read of segments lately, up to a limit of memory.
final class SegmentCache<Value: Sendable>: Sendable {
    private struct Entry {
        /// Kept so that no other object has its identity.
        var segment: SegmentFile
        var value: Value
        var used: UInt64
        var weight: Int
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var weight = 0
        var uses: UInt64 = 0
        /// The uses when ``SegmentCache/forgetUnused()`` was called last.
        var usesBefore: UInt64 = 0

        mutating func remove(_ key: ObjectIdentifier) {
            weight -= entries.removeValue(forKey: key)?.weight ?? 0
        }
    }

    private let bytesMax: Int
    private let weight: @Sendable (Value) -> Int
    private let state = Locked(State())

    /// A cache of values that take about `weight` bytes of memory each, and `bytesMax` together;
    /// the newest is kept whatever its size.
    init(bytesMax: Int, weight: @escaping @Sendable (Value) -> Int) {
        self.bytesMax = bytesMax
        self.weight = weight
    }

    /// What is known of `segment`, or what `load` makes of it.
    ///
    /// - Throws: what `load` throws.
    func value(
        of segment: SegmentFile, load: () throws(JournalError) -> Value
    ) throws(JournalError) -> Value {
        // Not by its base: a segment of which something was removed is another file.
        let key = ObjectIdentifier(segment)
        let known = state.withLock { state -> Value? in
            state.uses += 1
            state.entries[key]?.used = state.uses
            return state.entries[key]?.value
        }
        if let known { return known }
        let value = try load()
        keep(value, of: segment)
        return value
    }

    /// Keeps what is known of `segment`.
    func keep(_ value: Value, of segment: SegmentFile) {
        let key = ObjectIdentifier(segment)
        let weight = weight(value)
        state.withLock { state in
            state.remove(key)
            state.uses += 1
            state.entries[key] = Entry(
                segment: segment, value: value, used: state.uses, weight: weight)
            state.weight += weight
            while state.weight > bytesMax, state.entries.count > 1,
                let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
            {
                state.remove(oldest.key)
            }
        }
    }

    /// Forgets what nobody asked for since this was called before.
    func forgetUnused() {
        state.withLock { state in
            for (key, entry) in state.entries where entry.used <= state.usesBefore {
                state.remove(key)
            }
            state.usesBefore = state.uses
        }
    }
}
