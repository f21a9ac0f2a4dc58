/// Reads every byte of a journal and says what is wrong; changes nothing, and works beside a
/// running writer and on a read-only mount.
package struct Verification {
    /// How far a verification has come.
    package struct Progress: Sendable {
        package var bytes: UInt64
        package var bytesTotal: UInt64
    }

    private let environment: Environment
    private let layout: Layout
    private var files: any FileSystem { environment.fileSystem }

    private var report = VerificationReport()
    /// The last seq of each run so far.
    private var seqs: [RunID: RunSequence] = [:]
    /// Where records were damaged, so that what follows may begin anywhere.
    private var losses: [ClosedRange<Offset>] = []
    /// The offset after the last record so far, good or not.
    private var end = Offset.zero
    private var predecessor: SegmentHeader.Predecessor?
    /// Whether records were removed of the segment before.
    private var isPredecessorCut = false
    private var directory = Directory()

    /// Verifies the journal in `directory`; `progress` is called after each file.
    ///
    /// - Throws: ``JournalError`` with code `notFound`, `newerFormat` or `io`.
    package static func run(
        _ directory: String, environment: Environment = .system(),
        progress: (Progress) -> Void = { _ in }
    ) throws(JournalError) -> VerificationReport {
        var verification = Verification(environment, Layout(directory: directory))
        try verification.verify(progress)
        return verification.report
    }

    /// Verifies tapes; `progress` is called after each.
    ///
    /// - Throws: ``JournalError`` with code `notFound`, `newerFormat` or `io`, or `damaged` when one
    ///   is no tape at all.
    package static func run(
        tapes paths: [String], environment: Environment = .system(),
        progress: (Progress) -> Void = { _ in }
    ) throws(JournalError) -> VerificationReport {
        var report = VerificationReport()
        let files = environment.fileSystem
        var total: UInt64 = 0
        for path in paths {
            guard files.exists(path) else {
                throw JournalError(.notFound, "there is no such file", path: path)
            }
            total += try files.open(path, for: .reading).length()
        }
        for path in paths {
            let file = try files.open(path, for: .checking)
            let base = try LoadedSegment.open(file, path: path).header.base
            let segment = SegmentVerification(
                base: base, path: path, file: file, limit: nil, mayBeOpen: false, next: nil)
            let loaded = try segment.run(&report)
            report.segments += 1
            report.bytes += try file.length()
            report.records += loaded?.footer.index.recordCount ?? 0
            progress(Progress(bytes: report.bytes, bytesTotal: total))
        }
        return report
    }

    private init(_ environment: Environment, _ layout: Layout) {
        self.environment = environment
        self.layout = layout
    }

    private mutating func verify(_ progress: (Progress) -> Void) throws(JournalError) {
        guard files.exists(layout.manifest) else {
            throw JournalError(
                .notFound, "there is no journal here; name one with --journal",
                path: layout.directory)
        }
        // In this order, for whatever the mark names is in the list.
        let isLive = files.isLocked(layout.lock)
        let mark = verifyMark()
        let bases = try layout.segmentBases(files)
        let manifest = try verifyManifest()
        var total: UInt64 = 0
        for base in bases { total += try length(of: base) ?? 0 }
        for (place, base) in bases.enumerated() {
            // What was begun since is not published yet.
            if isLive, let mark, base > mark.segment { break }
            let next = place + 1 < bases.count ? bases[place + 1] : nil
            let isMarked = mark?.segment == base
            try verify(
                base, next: isLive && isMarked ? nil : next,
                limit: isMarked ? mark?.position : nil,
                mayBeOpen: isLive || manifest?.unfinished != nil, manifest)
            progress(Progress(bytes: report.bytes, bytesTotal: total))
        }
        verifyEnd(manifest, mark, isLive: isLive)
        verifyCatalog(manifest, bases, isLive: isLive)
        noteOthers(bases)
    }

    private func length(of base: Offset) throws(JournalError) -> UInt64? {
        let path = layout.segment(base)
        return files.exists(path) ? try files.open(path, for: .reading).length() : nil
    }

    // MARK: Small files

    private mutating func verifyMark() -> DurableMark? {
        guard files.exists(layout.mark) else {
            report.damage(layout.mark, "the durable mark is missing")
            return nil
        }
        // A writer may be at work on one of the slots.
        for _ in 0..<3 {
            let damaged = SlotFile.damagedSlots(layout.mark, DurableMark.format, files)
            if damaged.isEmpty { break }
            guard let first = damaged.first, files.isLocked(layout.lock) == false else { continue }
            report.damage(layout.mark, "a slot is damaged", at: first)
            break
        }
        return try? DurableMark.read(layout.mark, files)
    }

    private mutating func verifyManifest() throws(JournalError) -> Manifest? {
        let file = try files.open(layout.manifest, for: .reading)
        let bytes = try file.read(Int(try file.length()), at: .zero)
        report.bytes += UInt64(bytes.count)
        do throws(JournalError) {
            let (manifest, length) = try Manifest.read(bytes, path: layout.manifest)
            if length < bytes.count {
                report.note(
                    layout.manifest, "the last entry is torn", at: Position.zero + length)
            }
            guard manifest.journalID != nil else {
                report.damage(layout.manifest, "it names no journal")
                return nil
            }
            return manifest
        } catch {
            guard error.code == .damaged else { throw error }
            report.damage(layout.manifest, error.message, at: error.position)
            return nil
        }
    }

    // MARK: Segments

    private mutating func verify(
        _ base: Offset, next: Offset?, limit: Position?, mayBeOpen: Bool, _ manifest: Manifest?
    ) throws(JournalError) {
        let path = layout.segment(base)
        // Retention may have taken it meanwhile.
        guard files.exists(path) else { return }
        let file = try files.open(path, for: .reading)
        report.segments += 1
        report.bytes += try file.length()
        // Retention takes whole segments.
        end = max(end, min(base, manifest?.removals.floor ?? .zero))
        if end < base {
            note(lost: end...Offset(rawValue: base.rawValue - 1), before: path, manifest)
        }
        let known = report.findings.count
        let loaded = try SegmentVerification(
            base: base, path: path, file: file, limit: limit, mayBeOpen: mayBeOpen, next: next
        ).run(&report)
        losses += report.findings[known...].compactMap(\.offsets)
        end = max(end, losses.last?.upperBound.next ?? .zero, base)
        guard let loaded else {
            predecessor = nil
            return
        }
        verify(loaded, path, manifest)
    }

    private mutating func verify(
        _ loaded: LoadedSegment, _ path: String, _ manifest: Manifest?
    ) {
        let header = loaded.header
        if let id = manifest?.journalID, header.journalID != id {
            report.damage(path, "the segment is another journal's", at: .zero)
        }
        if let named = header.predecessor, let predecessor, named != predecessor,
            named.base == predecessor.base
                ? !isPredecessorCut : named.base >= manifest?.removals.floor ?? .zero
        {
            report.damage(path, "the segment before is not the one that it followed", at: .zero)
        }
        isPredecessorCut = !header.ranges.isEmpty
        predecessor = loaded.isSealed ? loaded.asPredecessor : nil
        let index = loaded.footer.index
        report.records += index.recordCount
        let part = index.directory()
        for (run, summary) in part.runs.sorted(by: { $0.key < $1.key }) {
            let removed = manifest?.removals.runs[run].flatMap {
                $0.last < summary.first ? $0.lastSeq : nil
            }
            let expected = max(seqs[run] ?? .none, removed ?? .none).next
            let mayBeCut =
                manifest?.unfinishedRemoval != nil
                || manifest?.holes.contains { $0.reason == .deleted && $0.concerns(.run(run)) }
                    == true
            if summary.firstSeq != expected, losses.isEmpty, !mayBeCut {
                report.damage(
                    path,
                    "the run's records begin with seq \(summary.firstSeq.rawValue), not "
                        + "\(expected.rawValue)", runs: [run])
            }
            seqs[run] = summary.lastSeq
        }
        directory.merge(part)
        end = max(end, loaded.end)
    }

    // MARK: The whole

    private mutating func note(
        lost range: ClosedRange<Offset>, before path: String, _ manifest: Manifest?
    ) {
        losses.append(range)
        let isKnown =
            manifest?.losses.contains {
                $0.range.contains(range.lowerBound) && $0.range.contains(range.upperBound)
            } ?? false
        report.damage(
            path,
            isKnown
                ? "records before this segment are lost, as was told"
                : "records before this segment are missing", offsets: range)
    }

    private mutating func verifyEnd(_ manifest: Manifest?, _ mark: DurableMark?, isLive: Bool) {
        for hole in manifest?.losses ?? [] { end = max(end, hole.end) }
        end = max(end, manifest?.removals.floor ?? .zero)
        let promised = max(
            mark?.end ?? .zero, isLive ? .zero : manifest?.stoppedEnd ?? .zero)
        guard end < promised else { return }
        report.damage(
            layout.segments, "published records are missing at the end",
            offsets: end...Offset(rawValue: promised.rawValue - 1))
    }

    private mutating func verifyCatalog(
        _ manifest: Manifest?, _ bases: [Offset], isLive: Bool
    ) {
        // A writer is always ahead of the catalog, and what is damaged makes them differ.
        guard environment.keepsCatalog, !isLive, report.isClean, let manifest,
            manifest.journalID != nil
        else { return }
        guard files.exists(layout.catalog),
            let known = Catalog.openForReading(layout.catalog).load(manifest, segments: bases)
        else {
            if !bases.isEmpty {
                report.note(
                    layout.catalog, "it is missing or damaged; the next start makes it anew")
            }
            return
        }
        if known.count == bases.count, known.directory != directory {
            report.note(
                layout.catalog, "it does not fit the segments; remove it to have it made anew")
        }
    }

    private mutating func noteOthers(_ bases: [Offset]) {
        let segments = Set(bases.map { layout.segment($0) })
        for name in ((try? files.names(in: layout.segments)) ?? []).sorted() {
            let path = "\(layout.segments)/\(name)"
            if !segments.contains(path), Layout.base(ofSegmentNamed: name) == nil {
                report.note(path, "this is no segment")
            }
        }
        for name in ((try? files.names(in: layout.quarantine)) ?? []).sorted() {
            report.note("\(layout.quarantine)/\(name)", "recovery put these bytes aside")
        }
    }
}
