/// Checks every byte of one sealed segment a piece at a time, in little memory.
///
/// It goes by the footer: as long as that is whole, it names every group, and the checksums of
/// header, groups and footer cover the file. A segment without a whole footer is checked at once,
/// as ``SegmentVerification`` does.
struct SegmentScrub: Sendable {
    /// Groups are read together up to this many bytes; a larger one by itself.
    static let pieceBytes = 256 << 10
    /// More findings than these are not told one by one.
    static let findingsMax = 64

    let base: Offset
    /// What was found so far.
    private(set) var report = VerificationReport()
    private let path: String
    private let file: any File
    /// The base of the segment after it; nil when there is none.
    private let next: Offset?
    private var stage = Stage.opening

    private enum Stage: Sendable {
        /// Nothing has been read.
        case opening
        /// The groups before this place in the index have been checked.
        case groups(LoadedSegment, place: Int)
        /// Everything has been read.
        case done
    }

    init(_ segment: SegmentFile, next: Offset?) throws(JournalError) {
        base = segment.base
        path = segment.path
        file = try segment.openForChecking()
        self.next = next
    }

    /// Checks the next piece.
    ///
    /// - Returns: how many bytes that took; nil when there was nothing left.
    mutating func step() -> Int? {
        switch stage {
        case .opening:
            do throws(JournalError) {
                return try open()
            } catch {
                report.damage(path, error.message, at: error.position)
                stage = .done
                return 0
            }
        case .groups(let sealed, let place):
            return check(sealed, from: place)
        case .done:
            return nil
        }
    }

    private mutating func open() throws(JournalError) -> Int {
        let length = try file.length()
        guard let sealed = try LoadedSegment.open(file, path: path).sealed else {
            _ = try SegmentVerification(
                base: base, path: path, file: file, limit: nil, mayBeOpen: false, next: next
            ).run(&report)
            stage = .done
            return Int(length)
        }
        do throws(JournalError) {
            _ = try LoadedSegment.header(of: file, path: path)
        } catch {
            guard error.code == .damaged else { throw error }
            report.damage(path, "the header is damaged; the footer has a copy", at: .zero)
        }
        if try !sealed.hasSoundIdentities(in: file) {
            report.damage(path, "the list of identities is damaged", at: sealed.blocksEnd)
        }
        if !SegmentScrub.isCovered(sealed) {
            report.damage(path, "the footer does not fit the blocks", at: sealed.blocksEnd)
        }
        stage = .groups(sealed, place: 0)
        return sealed.header.encoded.count + Int(length - sealed.blocksEnd.rawValue)
    }

    /// Whether every byte between header and footer is some group's; what recovery found damaged
    /// before it sealed the segment is known to be lost, and of no group.
    private static func isCovered(_ sealed: LoadedSegment) -> Bool {
        guard sealed.footer.holes.isEmpty else { return true }
        var end = Position.zero + sealed.header.encoded.count
        for group in sealed.footer.index.groups {
            guard group.position == end else { return false }
            end = end + group.length
        }
        return end == sealed.blocksEnd
    }

    private mutating func check(_ sealed: LoadedSegment, from place: Int) -> Int? {
        let groups = sealed.footer.index.groups[place...]
        guard let first = groups.first else {
            stage = .done
            return nil
        }
        var length = first.length
        var end = place + 1
        for group in groups.dropFirst() {
            guard group.position == first.position + length,
                length + group.length <= SegmentScrub.pieceBytes
            else { break }
            length += group.length
            end += 1
        }
        // Where the piece cannot be read, some of its groups may.
        let piece = try? file.read(length, at: first.position)
        for group in place..<end {
            let entry = sealed.footer.index.groups[group]
            let start = Int(entry.position.rawValue - first.position.rawValue)
            let bytes =
                piece.map { Array($0.dropFirst(start).prefix(entry.length)) }
                ?? (try? file.read(entry.length, at: entry.position)) ?? []
            report.check(bytes, ofGroup: group, in: sealed, path: path)
        }
        stage = .groups(sealed, place: end)
        if report.findings.count >= SegmentScrub.findingsMax {
            report.damage(path, "more of it is damaged; tapedeck verify tells all")
            stage = .done
        }
        return length
    }
}
