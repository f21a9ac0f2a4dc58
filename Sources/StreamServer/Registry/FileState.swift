import Glibc

/// Which file is at a path, and how it stands: tells whether it was replaced or changed.
struct FileState: Hashable, Sendable {
    /// Which file.
    struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    let identity: Identity
    private let length: Int64
    /// When it was changed last, as the system tells it.
    private let changed: [UInt8]

    /// The file at `path`; nil when there is none.
    init?(_ path: String) {
        var state = stat()
        guard unsafe stat(path, &state) == 0 else { return nil }
        identity = Identity(device: UInt64(state.st_dev), inode: UInt64(state.st_ino))
        length = Int64(state.st_size)
        // SAFETY: a time is two integers without a gap between them.
        changed = unsafe withUnsafeBytes(of: state.st_mtim) { unsafe Array($0) }
    }
}
