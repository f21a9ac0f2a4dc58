import Journal

/// An open file; fails once its process has ended.
final class MemoryFile: File {
    private let disk: Locked<MemoryDisk>
    private let inode: Int
    private let generation: Int
    private let path: String

    init(_ disk: Locked<MemoryDisk>, inode: Int, generation: Int, path: String) {
        self.disk = disk
        self.inode = inode
        self.generation = generation
        self.path = path
    }

    private func check(_ disk: borrowing MemoryDisk) throws(JournalError) {
        guard disk.generation == generation else {
            throw JournalError(.io, "the process has ended", path: path)
        }
    }

    func length() throws(JournalError) -> UInt64 {
        try disk.withLock { [inode] disk throws(JournalError) in
            try check(disk)
            return UInt64(disk.inodes[inode].bytes.count)
        }
    }

    func read(_ count: Int, at position: Position) throws(JournalError) -> [UInt8] {
        try disk.withLock { [inode] disk throws(JournalError) in
            try check(disk)
            try disk.countRead(path)
            let length = disk.inodes[inode].bytes.count
            let start = min(Int(position.rawValue), length)
            return Array(disk.inodes[inode].bytes[start..<min(start + count, length)])
        }
    }

    func write(_ bytes: [UInt8], at position: Position) throws(JournalError) {
        try disk.withLock { [inode, path] disk throws(JournalError) in
            try check(disk)
            var taken = bytes.count
            var failure: JournalError?
            do throws(JournalError) {
                try disk.countChange(path)
            } catch {
                failure = error
                taken = disk.taken(of: bytes.count)
            }
            if let room = disk.room(for: inode, at: Int(position.rawValue)), taken > room {
                failure = JournalError(.diskFull, "no space left on device", path: path)
                taken = max(room, 0)
            }
            if disk.lies.contains(.writesShort), disk.changes % 16 == 0 { taken /= 2 }
            disk.inodes[inode].write(bytes[..<taken], at: Int(position.rawValue))
            if let failure { throw failure }
        }
    }

    func sync() throws(JournalError) {
        try disk.withLock { [inode, path] disk throws(JournalError) in
            try check(disk)
            do throws(JournalError) {
                try disk.countChange(path)
            } catch {
                if !disk.isOff { disk.inodes[inode].forgetDirty() }
                if disk.lies.contains(.failuresUntold) { return }
                throw error
            }
            if !disk.lies.contains(.filesUnsynced) { disk.inodes[inode].sync() }
        }
    }

    func truncate(to length: Position) throws(JournalError) {
        try disk.withLock { [inode, path] disk throws(JournalError) in
            try check(disk)
            try disk.countChange(path)
            disk.inodes[inode].truncate(to: Int(length.rawValue))
        }
    }
}
