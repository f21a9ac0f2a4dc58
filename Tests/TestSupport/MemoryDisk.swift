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
        enum Effect: Sendable {
            /// Nothing is done; what a sync should have written is lost.
            case error(JournalError.Code)
            /// A write is done by half.
            case short(JournalError.Code)
            /// The machine is off: whatever is called has no effect.
            case off

            var code: JournalError.Code {
                switch self {
                case .error(let code), .short(let code): code
                case .off: .io
                }
            }
        }

        var skipped: Int
        var count: Int
        var effect: Effect

        /// Whether the next call is one that fails.
        mutating func isDue() -> Bool {
            if skipped > 0 {
                skipped -= 1
                return false
            }
            count -= count == .max ? 0 : 1
            return count >= 0
        }
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
    /// Calls that change something and are to fail.
    var fault: Fault?
    /// Calls that read from a file and are to fail.
    var readFault: Fault?
    var lies: Set<DiskLie> = []
    /// Decides when the kernel writes by itself; nil for never.
    var writeback: SplitMix64?

    static func directory(of path: String) -> Substring {
        path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    }

    static func directory(of path: String) -> String {
        String(directory(of: path) as Substring)
    }

    /// How much of `count` bytes a write takes that fails.
    func taken(of count: Int) -> Int {
        if case .short = fault?.effect { count / 2 } else { 0 }
    }

    /// Whether the power is gone, or will be before the next call that changes something.
    var isOff: Bool {
        if case .off = fault?.effect { fault?.skipped == 0 } else { false }
    }

    mutating func addInode() -> Int {
        inodes.append(MemoryInode())
        return inodes.count - 1
    }

    mutating func apply(_ change: NameChange) {
        change.apply(to: &names)
        pending.append(change)
    }

    mutating func syncDirectory(_ path: String) {
        guard !lies.contains(.directoriesUnsynced) else { return }
        for change in pending where change.directory == path { change.apply(to: &syncedNames) }
        pending.removeAll { $0.directory == path }
    }

    /// Counts a call that changes something, and makes it fail if it is due to.
    mutating func countChange(_ path: String) throws(JournalError) {
        changes += 1
        if var generator = writeback {
            if generator.oneIn(4) {
                for place in inodes.indices { inodes[place].writeBack(&generator) }
            }
            writeback = generator
        }
        guard fault?.isDue() == true, let effect = fault?.effect else { return }
        throw JournalError(effect.code, "a fault that a test asked for", path: path)
    }

    /// Counts a call that reads from a file, and makes it fail if it is due to.
    mutating func countRead(_ path: String) throws(JournalError) {
        reads += 1
        guard readFault?.isDue() == true else { return }
        throw JournalError(.io, "a fault that a test asked for", path: path)
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
        readFault = nil
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
        var lengths = SplitMix64(seed: ~seed)
        for place in inodes.indices {
            inodes[place].crash(survives: survives, &lengths)
        }
        guard lies.contains(.bitsRot) else { return }
        let files = names.values.filter { !inodes[$0].bytes.isEmpty }.sorted()
        guard !files.isEmpty else { return }
        let inode = files[generator.below(files.count)]
        inodes[inode].bytes[generator.below(inodes[inode].bytes.count)] ^= 16
        inodes[inode].sync(all: true)
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
