// SQLite has no checksums of its own, and what a row says decides where an event goes: each row
// carries one, and a catalog with a bad one is made anew.

extension RunSummary {
    /// The summary as the catalog keeps it: its bytes, its segments, a checksum over all and the
    /// run's name.
    func stored(of run: RunID) -> [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        bytes.append(count: segments.count)
        for base in segments { bytes.append(varint: base.rawValue) }
        let name = Checksum.crc32c(run.name.utf8)
        bytes.append(fixed: Checksum.crc32c(bytes, seed: name))
        return bytes
    }

    /// Reads what ``stored(of:)`` gave; nil when it is anything else.
    init?(stored: [UInt8], of run: RunID) {
        var reader = ByteReader(stored)
        guard var summary = RunSummary(&reader), let count = reader.count(max: stored.count)
        else { return nil }
        for _ in 0..<count {
            guard let base = reader.varint() else { return nil }
            summary.segments.append(Offset(rawValue: base))
        }
        let body = stored[..<reader.index]
        guard
            reader.fixed(UInt32.self)
                == Checksum.crc32c(body, seed: Checksum.crc32c(run.name.utf8)),
            reader.remaining == 0
        else { return nil }
        self = summary
    }
}

extension ThreadHome {
    /// A checksum over the row of `thread`.
    func checksum(of thread: String) -> Int64 {
        let seed = Checksum.crc32c(thread.utf8, seed: isCreated ? 1 : 0)
        return Int64(Checksum.crc32c(run.name.utf8, seed: seed))
    }
}

extension Offset {
    /// A checksum over the row of an orphan of `thread`.
    func checksum(with thread: String) -> Int64 {
        var bytes: [UInt8] = []
        bytes.append(fixed: rawValue)
        return Int64(Checksum.crc32c(thread.utf8, seed: Checksum.crc32c(bytes)))
    }
}
