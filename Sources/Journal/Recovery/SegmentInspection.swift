/// What a start finds of one segment, before it changes anything.
struct SegmentInspection {
    let base: Offset
    let path: String
    let file: any File
    /// The segment as far as it is good; nil when its header is lost, and everything with it.
    var loaded: LoadedSegment?
    /// From here on the good bytes may be in the kernel's memory alone.
    var synced = Position.zero
    /// The bytes behind the last good block, which are to be cut; nil when there are none.
    var tail: SegmentScan.Tail?
    /// Offsets of records that had been promised and are damaged.
    var holes: [ClosedRange<Offset>] = []
    /// Whether records may be missing that somebody was told of.
    var mayHaveLost = false

    /// The offset after the last good record, or the lowest that the segment could have.
    var end: Offset { loaded?.end ?? base }

    /// Whether nothing was ever promised of the segment, and nothing is in it.
    ///
    /// Sealed or not, its name is the next segment's: whoever knows it as one must forget it. One
    /// of which all records were removed says so, and is not void.
    var isVoid: Bool {
        guard let loaded else { return holes.isEmpty }
        return holes.isEmpty && loaded.footer.index.groups.isEmpty && loaded.header.ranges.isEmpty
    }

    /// Looks at the segment that starts at `base`.
    ///
    /// `next` is the base of the segment after it, nil for the newest one; `mark`, the evidence of
    /// what was published; `isNamed`, whether the MANIFEST names it as begun, so that its header
    /// had been synced; `limit`, how much of the file counts, nil for all.
    ///
    /// - Throws: code `io` or `newerFormat`.
    static func run(
        _ base: Offset, next: Offset?, mark: DurableMark?, isNamed: Bool,
        limit: Position? = nil, for access: FileAccess, _ layout: Layout, _ files: any FileSystem
    ) throws(JournalError) -> SegmentInspection {
        let path = layout.segment(base)
        let file = try files.open(path, for: access)
        var inspection = SegmentInspection(base: base, path: path, file: file)
        let promised = next ?? (mark?.segment == base ? mark?.end : nil)
        do throws(JournalError) {
            let (header, sealed) = try LoadedSegment.open(file, path: path)
            if let sealed, try sealed.hasSoundIdentities(in: file) {
                inspection.loaded = sealed
                inspection.synced = sealed.blocksEnd
                inspection.holes = sealed.footer.holes
            } else {
                let scan = try SegmentScan.run(file, header, path: path, limit: limit, before: next)
                inspection.loaded = scan.loaded
                inspection.synced = scan.synced
                inspection.tail = scan.tail
                inspection.holes = scan.loaded.footer.holes
                inspection.mayHaveLost =
                    !inspection.holes.isEmpty || scan.tail.map { !$0.isCutShort } ?? false
            }
        } catch {
            guard error.code == .damaged else { throw error }
            inspection.mayHaveLost = isNamed || next != nil
        }
        // A sealed segment's promises are what its footer says.
        guard inspection.loaded?.isSealed != true else { return inspection }
        let lost = [promised, inspection.tail?.attestedEnd].compactMap { $0 }.max()
        if let lost, lost > inspection.end {
            inspection.holes.append(inspection.end...Offset(rawValue: lost.rawValue - 1))
            inspection.mayHaveLost = true
        }
        return inspection
    }
}
