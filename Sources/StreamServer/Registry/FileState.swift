import Foundation

/// Which file is at a path, and how it stands: tells whether it was replaced or changed.
struct FileState: Hashable, Sendable {
    /// Which file.
    struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    let identity: Identity
    private let length: UInt64
    /// When it was changed last.
    private let changed: Date

    /// The file at `path`, links followed; nil when there is none.
    init?(_ path: String) {
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        guard let found = try? FileManager.default.attributesOfItem(atPath: target),
            let device = found[.systemNumber] as? UInt64,
            let inode = found[.systemFileNumber] as? UInt64,
            let length = found[.size] as? UInt64, let changed = found[.modificationDate] as? Date
        else { return nil }
        identity = Identity(device: device, inode: inode)
        self.length = length
        self.changed = changed
    }
}
