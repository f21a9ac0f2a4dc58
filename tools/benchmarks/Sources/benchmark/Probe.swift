import Foundation

/// The raw device: a bare loop of `pwrite` and `fdatasync`, with the sizes that a journal wrote.
struct Probe {
    /// Seconds of each `fdatasync`.
    var syncs: [Double] = []
    /// Seconds of all.
    var wall = 0.0
    var bytes = 0

    /// Appends pieces of `sizes` bytes, taken from `source` as often as it takes, to a new file in
    /// `directory`, which goes afterwards; stops after `secondsMax`.
    static func run(_ sizes: [Int], of source: [UInt8], in directory: String, secondsMax: Double)
        throws -> Probe
    {
        let path = directory + "/probe"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw BenchmarkError("\(path) cannot be made") }
        defer {
            close(descriptor)
            unsafe unlink(path)
        }
        var probe = Probe()
        var place = 0
        let start = Cost.seconds
        for size in sizes {
            let size = min(size, source.count)
            if place + size > source.count { place = 0 }
            let isWhole = unsafe source.withUnsafeBytes { bytes in
                let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[place..<place + size])
                return unsafe pwrite(
                    descriptor, piece.baseAddress, size, off_t(probe.bytes)) == size
            }
            guard isWhole else { throw BenchmarkError("\(path) cannot be written") }
            let before = Cost.seconds
            guard fdatasync(descriptor) == 0 else {
                throw BenchmarkError("\(path) cannot be synced")
            }
            probe.syncs.append(Cost.seconds - before)
            place += size
            probe.bytes += size
            if Cost.seconds - start > secondsMax { break }
        }
        probe.wall = Cost.seconds - start
        return probe
    }
}
