/// Checks the sealed segments of an open journal again and again, a piece at a time.
///
/// It writes nothing and repairs nothing. What recovery found lost and told before is no finding,
/// nor is a segment that retention takes away meanwhile.
package struct Scrub: Sendable {
    /// What a step did.
    package enum Step: Hashable, Sendable {
        /// It read so many bytes.
        case read(bytes: Int)
        /// Nothing is due until this moment of the monotonic clock, unless a segment is sealed.
        case rest(untilMicroseconds: UInt64)
    }

    /// How long a segment that cannot be opened may take to go from the list.
    private static let patienceMicroseconds: UInt64 = 1_000_000

    /// What it has done and found.
    package private(set) var status = ScrubStatus()
    private let state: Locked<LogState>
    private var schedule: ScrubSchedule
    private var current: SegmentScrub?
    /// A segment that could not be opened.
    private var unopened: Offset?

    /// A scrub of `journal` whose passes begin `intervalSeconds` after each other; the first one
    /// begins with the first step, at a segment by `random`.
    package init(_ journal: Journal, intervalSeconds: Int, random: UInt64) {
        state = journal.reader.state
        schedule = ScrubSchedule(
            intervalMicroseconds: UInt64(intervalSeconds) * 1_000_000,
            from: Offset(
                rawValue: random.multipliedFullWidth(by: max(journal.end.rawValue, 1)).high))
    }

    /// Checks the next piece, if one is due; reads from the disk, and blocks.
    package mutating func step(at moment: IngestTime) -> Step {
        if var segment = current {
            guard let bytes = segment.step() else {
                current = nil
                end(segment)
                return .read(bytes: 0)
            }
            current = segment
            status.bytes += UInt64(bytes)
            return .read(bytes: bytes)
        }
        let (segments, active) = state.withLock { ($0.segments, $0.active?.header.base) }
        let bases = segments.filter(\.isSealed).map(\.base)
        let known = Set(bases)
        status.findingsByBase = status.findingsByBase.filter { known.contains($0.key) }
        switch schedule.turn(bases, atMicroseconds: moment.monotonicMicroseconds) {
        case .check(let base):
            guard let place = segments.firstIndex(where: { $0.base == base }) else {
                return .read(bytes: 0)
            }
            let next = place + 1 < segments.count ? segments[place + 1].base : active
            return open(segments[place], next: next, moment)
        case .passed:
            status.lastPass = moment.wall
            return .read(bytes: 0)
        case .rest(let moment):
            return .rest(untilMicroseconds: moment)
        }
    }

    private mutating func open(_ segment: SegmentFile, next: Offset?, _ moment: IngestTime) -> Step
    {
        do throws(JournalError) {
            current = try SegmentScrub(segment, next: next)
            unopened = nil
        } catch {
            guard unopened == segment.base else {
                // It may be on its way out.
                unopened = segment.base
                schedule.putBack(segment.base)
                return .rest(
                    untilMicroseconds: moment.monotonicMicroseconds + Scrub.patienceMicroseconds)
            }
            unopened = nil
            var report = VerificationReport()
            report.damage(segment.path, error.message)
            status.findingsByBase[segment.base] = report.findings
        }
        return .read(bytes: 0)
    }

    private mutating func end(_ segment: SegmentScrub) {
        status.segments += 1
        let damage = segment.report.findings.filter { $0.kind == .damage }
        status.findingsByBase[segment.base] = damage.isEmpty ? nil : damage
    }
}
