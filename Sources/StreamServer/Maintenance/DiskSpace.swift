/// Whether the disk of a journal has little space left: a state machine without clocks.
///
/// There is enough again only once there is an eighth more than the least, so that a disk at the
/// edge is not told again and again.
struct DiskSpace: Hashable, Sendable {
    /// What is to be told.
    enum Change: Hashable, Sendable {
        /// There is little space left.
        case low
        /// There is enough again.
        case enough
        /// How much there is cannot be found out.
        case unknown(reason: String)
    }

    /// Less than this is little, in bytes; 0 for never.
    let bytesMin: UInt64
    /// How many bytes can be written; nil when that is not known.
    private(set) var freeBytes: UInt64?
    /// Whether there is little left.
    private(set) var isLow = false
    private var isUnknownTold = false

    init(bytesMin: UInt64) {
        self.bytesMin = bytesMin
    }

    /// Takes over how many bytes are free now.
    mutating func take(_ free: UInt64) -> Change? {
        freeBytes = free
        isUnknownTold = false
        if !isLow, free < bytesMin {
            isLow = true
            return .low
        }
        if isLow, free >= bytesMin + bytesMin / 8 {
            isLow = false
            return .enough
        }
        return nil
    }

    /// Takes over that this cannot be found out, for this reason.
    mutating func lose(_ reason: String) -> Change? {
        freeBytes = nil
        defer { isUnknownTold = true }
        return isUnknownTold ? nil : .unknown(reason: reason)
    }

    /// What stands on `/ready`, a sentence; nil when there is enough.
    var concern: String? {
        guard isLow else { return nil }
        let free = freeBytes.map { "\($0 >> 20)" } ?? "an unknown number of"
        return "the journal's disk has \(free) MiB left, and low_space_bytes asks for "
            + "\(bytesMin >> 20) MiB; make room"
    }
}
