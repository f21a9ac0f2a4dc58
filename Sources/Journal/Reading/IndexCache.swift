/// The indexes of the segments that were read last: a footer is parsed once for many reads.
final class IndexCache: Sendable {
    /// The footers kept at most, in bytes as they are on disk; that of a full segment has half a
    /// megabyte, or seven where its events are tokens.
    ///
    /// A run that is in more segments than fit makes each of its events wait for the disk, since
    /// all of them are asked for duplicates.
    ///
    /// The newest is kept whatever its size.
    static let footerBytesMax: UInt64 = 64 << 20

    private struct Entry {
        /// Kept so that no other object has its identity.
        var segment: SegmentFile
        var loaded: LoadedSegment
        var used: UInt64
        var weight: UInt64
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var weight: UInt64 = 0
        var uses: UInt64 = 0
    }

    private let state = Locked(State())

    /// The segment's header and index.
    ///
    /// - Throws: as ``SegmentFile/load()``.
    func load(_ segment: SegmentFile) throws(JournalError) -> LoadedSegment {
        // Not by its base: a segment of which something was removed is another file.
        let key = ObjectIdentifier(segment)
        let known = state.withLock { state -> LoadedSegment? in
            state.uses += 1
            state.entries[key]?.used = state.uses
            return state.entries[key]?.loaded
        }
        if let known { return known }
        let loaded = try segment.load()
        state.withLock { state in
            let weight = loaded.fileLength - min(loaded.blocksEnd.rawValue, loaded.fileLength)
            guard state.entries[key] == nil else { return }
            state.entries[key] = Entry(
                segment: segment, loaded: loaded, used: state.uses, weight: weight)
            state.weight += weight
            while state.weight > IndexCache.footerBytesMax, state.entries.count > 1,
                let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
            {
                state.weight -= oldest.value.weight
                state.entries[oldest.key] = nil
            }
        }
        return loaded
    }
}
