import Journal

/// A lock that is free once this is gone.
final class MemoryLock: DirectoryLock {
    private let disk: Locked<MemoryDisk>
    private let path: String
    private let number: Int

    init(_ disk: Locked<MemoryDisk>, path: String, number: Int) {
        self.disk = disk
        self.path = path
        self.number = number
    }

    deinit {
        disk.withLock { [path, number] disk in
            if disk.locks[path] == number { disk.locks[path] = nil }
        }
    }
}
