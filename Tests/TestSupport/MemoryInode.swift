/// A file's newest bytes, and those on the disk.
struct MemoryInode: Sendable {
    var bytes: [UInt8] = []
    private var synced: [UInt8] = []
    /// Where the two may differ.
    private var dirty: Range<Int>?

    mutating func write(_ new: ArraySlice<UInt8>, at position: Int) {
        guard !new.isEmpty else { return }
        if bytes.count < position {
            touch(bytes.count..<position)
            bytes.append(contentsOf: repeatElement(0, count: position - bytes.count))
        }
        let overlap = min(bytes.count - position, new.count)
        bytes.replaceSubrange(position..<position + overlap, with: new.prefix(overlap))
        bytes.append(contentsOf: new.dropFirst(overlap))
        touch(position..<position + new.count)
    }

    mutating func truncate(to length: Int) {
        guard length < bytes.count else { return }
        touch(length..<bytes.count)
        bytes.removeLast(bytes.count - length)
    }

    mutating func sync(all: Bool = false) {
        if all { dirty = 0..<max(bytes.count, synced.count) }
        guard let dirty else { return }
        keep(dirty)
        synced.removeLast(max(synced.count - bytes.count, 0))
        self.dirty = nil
    }

    /// What a failed sync does: the pages count as clean, and are not on the disk.
    mutating func forgetDirty() {
        dirty = nil
    }

    /// Puts some of what was not synced on the disk, as the kernel does by itself at any time.
    mutating func writeBack(_ generator: inout SplitMix64) {
        guard let dirty else { return }
        var start = dirty.lowerBound / MemoryDisk.sectorLength * MemoryDisk.sectorLength
        while start < dirty.upperBound {
            let end = start + MemoryDisk.sectorLength
            if generator.oneIn(2) {
                keep(max(start, dirty.lowerBound)..<min(end, dirty.upperBound))
            }
            start = end
        }
    }

    mutating func crash(survives: () -> Bool, _ generator: inout SplitMix64) {
        guard let dirty else {
            bytes = synced
            return
        }
        let length: Int
        switch generator.below(3) {
        case 0: length = synced.count
        case 1: length = bytes.count
        default:
            let low = min(synced.count, bytes.count)
            length = low + generator.below(abs(synced.count - bytes.count) + 1)
        }
        let sector = MemoryDisk.sectorLength
        var start = dirty.lowerBound / sector * sector
        while start < dirty.upperBound {
            let end = start + sector
            if survives() { keep(max(start, dirty.lowerBound)..<min(end, dirty.upperBound)) }
            start = end
        }
        if synced.count > length {
            synced.removeLast(synced.count - length)
        } else {
            synced.append(contentsOf: repeatElement(0, count: length - synced.count))
        }
        bytes = synced
        self.dirty = nil
    }

    private mutating func touch(_ range: Range<Int>) {
        dirty =
            dirty.map {
                min($0.lowerBound, range.lowerBound)..<max($0.upperBound, range.upperBound)
            } ?? range
    }

    /// Puts the newest bytes of `range` on the disk.
    private mutating func keep(_ range: Range<Int>) {
        let range = range.clamped(to: 0..<bytes.count)
        guard !range.isEmpty else { return }
        if synced.count < range.lowerBound {
            synced.append(contentsOf: repeatElement(0, count: range.lowerBound - synced.count))
        }
        let overlap = min(synced.count, range.upperBound)
        synced.replaceSubrange(range.lowerBound..<overlap, with: bytes[range.lowerBound..<overlap])
        synced.append(contentsOf: bytes[overlap..<range.upperBound])
    }
}
