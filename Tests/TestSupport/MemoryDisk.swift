import Journal

/// What a ``MemoryFileSystem`` holds: the newest state, and what of it is on the disk.
struct MemoryDisk: Sendable {
    static let sectorLength = 512

    /// A change of a directory's names.
    enum NameChange: Sendable {
        case create(String, Int)
        case remove(String)
        case rename(String, String, Int)

        var directory: String {
            switch self {
            case .create(let path, _), .remove(let path), .rename(let path, _, _):
                MemoryDisk.directory(of: path)
            }
        }

        func apply(to names: inout [String: Int]) {
            switch self {
            case .create(let path, let inode):
                names[path] = inode
            case .remove(let path):
                names[path] = nil
            case .rename(let path, let target, let inode):
                if names[path] == inode { names[path] = nil }
                names[target] = inode
            }
        }
    }

    /// Calls that are to fail.
    struct Fault: Sendable {
        var skipped: Int
        var count: Int
        var code: JournalError.Code
        var isShort: Bool
    }

    var inodes: [MemoryInode] = []
    var names: [String: Int] = [:]
    private var syncedNames: [String: Int] = [:]
    private var pending: [NameChange] = []
    var locks: [String: Int] = [:]
    var lockCount = 0
    /// Counts the processes that have ended.
    var generation = 0
    var changes = 0
    var reads = 0
    var capacity: Int?
    var fault: Fault?

    static func directory(of path: String) -> Substring {
        path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    }

    static func directory(of path: String) -> String {
        String(directory(of: path) as Substring)
    }

    var isFaultShort: Bool { fault?.isShort ?? false }

    mutating func addInode() -> Int {
        inodes.append(MemoryInode())
        return inodes.count - 1
    }

    mutating func apply(_ change: NameChange) {
        change.apply(to: &names)
        pending.append(change)
    }

    mutating func syncDirectory(_ path: String) {
        for change in pending where change.directory == path { change.apply(to: &syncedNames) }
        pending.removeAll { $0.directory == path }
    }

    /// Counts a call that changes something, and makes it fail if it is due to.
    mutating func countChange(_ path: String) throws(JournalError) {
        changes += 1
        guard var due = fault, due.count > 0 else { return }
        if due.skipped > 0 {
            due.skipped -= 1
            fault = due
            return
        }
        due.count -= 1
        fault = due
        throw JournalError(due.code, "a fault that a test asked for", path: path)
    }

    /// How many bytes there is room for; nil for any number.
    var freeBytes: Int? {
        capacity.map { $0 - Set(names.values).reduce(0) { $0 + inodes[$1].bytes.count } }
    }

    /// How many bytes can be written at `position` of a file; nil for any number.
    func room(for inode: Int, at position: Int) -> Int? {
        freeBytes.map { $0 + inodes[inode].bytes.count - position }
    }

    mutating func endProcess() {
        generation += 1
        locks = [:]
        fault = nil
    }

    mutating func crash(seed: UInt64) {
        endProcess()
        var generator = SplitMix64(seed: seed)
        // All or nothing now and then: those are the likeliest.
        let odds = generator.below(4)
        func survives() -> Bool {
            switch odds {
            case 0: true
            case 1: false
            default: generator.oneIn(2)
            }
        }
        for change in pending where survives() { change.apply(to: &syncedNames) }
        pending = []
        names = syncedNames
        for place in inodes.indices {
            inodes[place].crash(survives: survives, &generator)
        }
    }

    mutating func change(_ path: String, _ body: (inout [UInt8]) -> Void) {
        guard let inode = names[path] else { return }
        body(&inodes[inode].bytes)
        inodes[inode].sync(all: true)
    }

    mutating func copy(_ directory: String, to target: String) {
        for (path, inode) in names where path.hasPrefix(directory + "/") {
            let copy = addInode()
            inodes[copy].bytes = inodes[inode].bytes
            inodes[copy].sync(all: true)
            let name = target + path.dropFirst(directory.count)
            names[name] = copy
            syncedNames[name] = copy
        }
    }

    mutating func removeAll(below directory: String) {
        for path in names.keys where path.hasPrefix(directory + "/") {
            names[path] = nil
            syncedNames[path] = nil
        }
    }
}

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
