/// Something that a journal must be able to rely on, and that a broken disk does not do.
///
/// A test that does not notice any of them on a ``MemoryFileSystem`` shows nothing.
package enum DiskLie: CaseIterable, Sendable {
    /// A directory that counts as synced is not.
    case directoriesUnsynced
    /// A file that counts as synced is not.
    case filesUnsynced
    /// A sync that failed tells of success.
    case failuresUntold
    /// A write that was cut short tells of success.
    case writesShort
    /// A bit of what was synced changes in a crash.
    case bitsRot
}
