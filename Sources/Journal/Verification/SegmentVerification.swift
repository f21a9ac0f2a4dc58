/// Checks every byte of one segment.
struct SegmentVerification {
    let base: Offset
    let path: String
    let file: any File
    /// How much of the file is published; nil when all of it counts.
    let limit: Position?
    /// Whether a footer may be missing: its writer is at work, or was killed.
    let mayBeOpen: Bool
    /// The base of the segment after it; nil for the newest.
    let next: Offset?

    /// What is known of the segment afterwards; nil when nothing of it can be read.
    func run(_ report: inout VerificationReport) throws(JournalError) -> LoadedSegment? {
        let header: SegmentHeader
        let sealed: LoadedSegment?
        do throws(JournalError) {
            (header, sealed) = try LoadedSegment.open(file, path: path)
        } catch {
            guard error.code == .damaged else { throw error }
            let last = next.map { Offset(rawValue: $0.rawValue - 1) }
            report.damage(
                path, "neither the header nor the footer can be read", at: .zero,
                offsets: last.flatMap { base <= $0 ? base...$0 : nil })
            return nil
        }
        do throws(JournalError) {
            let found = try LoadedSegment.header(of: file, path: path)
            // A header that is whole, and not the footer's, was put in front of another's blocks.
            if sealed == nil, found.base != base {
                report.damage(path, "the header is of another segment", at: .zero)
            }
        } catch {
            guard error.code == .damaged else { throw error }
            report.damage(path, "the header is damaged; the footer has a copy", at: .zero)
        }
        let scan = try SegmentScan.run(
            file, header, path: path, limit: sealed?.blocksEnd ?? limit, before: next)
        if let sealed {
            try check(sealed, against: scan, &report)
            return sealed
        }
        try checkOpen(scan, header, &report)
        return scan.loaded
    }

    // MARK: A sealed segment

    private func check(
        _ sealed: LoadedSegment, against scan: SegmentScan, _ report: inout VerificationReport
    ) throws(JournalError) {
        for hole in sealed.footer.holes {
            report.damage(
                path, "records were lost before the segment was sealed", offsets: hole)
        }
        let isSound = try sealed.hasSoundIdentities(in: file)
        if !isSound {
            report.damage(path, "the list of identities is damaged", at: sealed.blocksEnd)
        }
        let isWhole =
            scan.tail == nil && scan.loaded.blocksEnd == sealed.blocksEnd
            && scan.loaded.footer.index == sealed.footer.index
        guard !isWhole else {
            if isSound,
                try sealed.identities(in: file)?.hasSameHashes(as: scan.identities) != true
            {
                report.damage(
                    path, "the list of identities does not fit the blocks", at: sealed.blocksEnd)
            }
            return
        }
        let before = report.findings.count
        for (place, group) in sealed.footer.index.groups.enumerated() {
            let bytes = (try? file.read(group.length, at: group.position)) ?? []
            report.check(bytes, ofGroup: place, in: sealed, path: path)
        }
        if report.findings.count == before {
            report.damage(path, "the footer does not fit the blocks", at: sealed.blocksEnd)
        }
    }

    // MARK: A segment without a footer

    private func checkOpen(
        _ scan: SegmentScan, _ header: SegmentHeader, _ report: inout VerificationReport
    ) throws(JournalError) {
        let end = scan.loaded.blocksEnd
        if mayBeOpen {
            report.note(path, "the segment is not sealed yet", at: end)
        } else {
            report.damage(path, "the footer is damaged or missing", at: end)
        }
        for hole in scan.loaded.footer.holes {
            report.damage(path, "records cannot be read", offsets: hole)
        }
        let first = scan.loaded.footer.index.end ?? base
        if let attested = scan.tail?.attestedEnd, first < attested {
            report.damage(
                path, "records cannot be read", at: scan.tail?.position,
                offsets: first...Offset(rawValue: attested.rawValue - 1))
        } else if let limit, end < limit {
            report.damage(path, "published bytes cannot be read", at: end)
        } else if let tail = scan.tail, mayBeOpen {
            report.note(path, "\(tail.length) bytes at the end are no whole block", at: end)
        }
        let length = try file.length()
        if let limit, length > limit.rawValue {
            report.note(
                path, "\(length - limit.rawValue) bytes are beyond what is published", at: limit)
        }
    }
}
