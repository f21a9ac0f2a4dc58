/// Finds the offset below which a policy lets records go.
struct RetentionPlan {
    let policy: RetentionPolicy
    let files: any FileSystem

    /// The offset below which all records of `segments`, which are all that there are, are too old.
    ///
    /// - Throws: code `io` or `newerFormat`.
    func floorByAge(_ segments: [SegmentFile]) throws(JournalError) -> Offset {
        guard let before = policy.before else { return .zero }
        var floor = Offset.zero
        for segment in segments {
            guard let loaded = try RetentionPlan.readable(segment) else {
                floor = segment.base
                continue
            }
            let groups = loaded.footer.index.groups
            if groups.allSatisfy({ $0.latest < before }) {
                floor = loaded.end
                continue
            }
            guard !policy.takesWholeSegmentsOnly else { return floor }
            guard let young = groups.first(where: { $0.latest >= before }) else { return floor }
            var first: Offset?
            _ = GroupDecoder.decode(
                try segment.bytes(of: young), of: young, in: loaded.header,
                isWanted: { _, _ in true },
                yield: { if first == nil, $0.recordedAt >= before { first = $0.offset } })
            return first ?? young.first
        }
        return floor
    }

    /// The offset below which records must go, so that `segments` are no larger than they may be.
    ///
    /// - Throws: code `io` or `newerFormat`.
    func floorBySize(_ segments: [SegmentFile]) throws(JournalError) -> Offset {
        guard let bytesMax = policy.bytesMax else { return .zero }
        var lengths: [UInt64] = []
        for segment in segments {
            lengths.append(try files.open(segment.path, for: .reading).length())
        }
        var total = lengths.reduce(0, +)
        var floor = Offset.zero
        for (segment, length) in zip(segments, lengths) where total > bytesMax {
            guard let loaded = try RetentionPlan.readable(segment) else {
                floor = segment.base
                continue
            }
            if policy.takesWholeSegmentsOnly || total - length >= bytesMax {
                floor = loaded.end
                total -= length
                continue
            }
            var excess = total - bytesMax
            for group in loaded.footer.index.groups {
                floor = group.last.next
                guard excess > UInt64(group.length) else { break }
                excess -= UInt64(group.length)
            }
            break
        }
        return floor
    }

    /// What a segment's index says; nil when too much of it is damaged for anyone to read it.
    ///
    /// - Throws: code `io` or `newerFormat`.
    static func readable(_ segment: SegmentFile) throws(JournalError) -> LoadedSegment? {
        do throws(JournalError) {
            return try segment.load()
        } catch {
            guard error.code == .damaged else { throw error }
            return nil
        }
    }
}
