/// The indexes of the segments that were read last: a footer is parsed once for many reads.
final class IndexCache: Sendable {
    /// Indexes kept at most; one of a full segment takes a few megabytes.
    static let indexesMax = 8

    private let recent = Locked<[(base: Offset, loaded: LoadedSegment)]>([])

    /// The segment's header and index.
    ///
    /// - Throws: as ``SegmentFile/load()``.
    func load(_ segment: SegmentFile) throws(JournalError) -> LoadedSegment {
        let known = recent.withLock { recent -> LoadedSegment? in
            guard let place = recent.firstIndex(where: { $0.base == segment.base }) else {
                return nil
            }
            let entry = recent.remove(at: place)
            recent.append(entry)
            return entry.loaded
        }
        if let known { return known }
        let loaded = try segment.load()
        recent.withLock { recent in
            recent.removeAll { $0.base == segment.base }
            recent.append((segment.base, loaded))
            if recent.count > IndexCache.indexesMax { recent.removeFirst() }
        }
        return loaded
    }
}
