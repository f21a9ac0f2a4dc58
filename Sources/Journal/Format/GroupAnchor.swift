/// The clocks at the start of a group, from which the ingest times of its records count.
struct GroupAnchor: Hashable, Sendable {
    var time: IngestTime

    /// The wall clock that the anchor expects at a monotonic time.
    func wall(atMonotonic monotonic: UInt64) -> Timestamp {
        let elapsed = Int64(bitPattern: monotonic &- time.monotonicMicroseconds)
        return Timestamp(microseconds: time.wall.microseconds &+ elapsed)
    }

    /// Whether a record taken in at `other` can be told from this anchor without loss: the same
    /// boot, not before, and both clocks have run alike since, as ``IngestClock`` makes them.
    func covers(_ other: IngestTime) -> Bool {
        guard other.boot == time.boot, other.monotonicMicroseconds >= time.monotonicMicroseconds
        else { return false }
        return other.wall == wall(atMonotonic: other.monotonicMicroseconds)
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(fixed: time.boot.high)
        bytes.append(fixed: time.boot.low)
        bytes.append(signed: time.wall.microseconds)
        bytes.append(varint: time.monotonicMicroseconds)
    }

    init(time: IngestTime) {
        self.time = time
    }

    init?(_ reader: inout ByteReader) {
        guard let high = reader.fixed(UInt64.self), let low = reader.fixed(UInt64.self),
            let wall = reader.signed(), let monotonic = reader.varint()
        else { return nil }
        time = IngestTime(
            wall: Timestamp(microseconds: wall), monotonicMicroseconds: monotonic,
            boot: BootID(high: high, low: low))
    }
}
