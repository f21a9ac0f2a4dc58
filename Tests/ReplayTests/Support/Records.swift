@testable import Journal

/// When the first record of a test was made.
let start = Timestamp(microseconds: 1_700_000_000_000_000)

/// A moment so many microseconds after ``start``.
func moment(_ microseconds: Int64) -> Timestamp {
    Timestamp(microseconds: start.microseconds + microseconds)
}

/// A record whose event time lies so many microseconds after ``start``.
func record(_ offset: UInt64, at microseconds: Int64, run: String = "r") -> Record {
    Record(
        offset: Offset(rawValue: offset), run: RunID(run) ?? .unassigned,
        seq: RunSequence(rawValue: offset + 1), type: .messageSent,
        ingest: IngestTime(
            wall: start, monotonicMicroseconds: 0, boot: BootID(high: 1, low: 1)),
        eventTime: moment(microseconds), origin: nil, key: nil, shape: [],
        data: Array("{}".utf8))
}

/// Records at such microseconds, with contiguous offsets.
func records(at stamps: [Int64]) -> [ReadPage.Item] {
    stamps.enumerated().map { .record(record(UInt64($0), at: $1)) }
}

/// A gap over such offsets.
func gap(_ range: ClosedRange<UInt64>) -> ReadPage.Item {
    .gap(
        Gap(
            range: Offset(rawValue: range.lowerBound)...Offset(rawValue: range.upperBound),
            missed: nil, reason: .deleted))
}

/// A page of items that leads up to the last of them.
func page(_ items: [ReadPage.Item], isAtEnd: Bool = false) -> ReadPage {
    let cursor =
        switch items.last {
        case .record(let record): Cursor(after: record.offset)
        case .gap(let gap): Cursor(after: gap.range.upperBound)
        case nil: Cursor.start
        }
    return ReadPage(items: items, cursor: cursor, isAtEnd: isAtEnd)
}

/// The items in short: offsets, with gaps as their first offset below 0.
func short(_ items: [ReadPage.Item]) -> [Int] {
    items.map {
        switch $0 {
        case .record(let record): Int(record.offset.rawValue)
        case .gap(let gap): -Int(gap.range.lowerBound.rawValue)
        }
    }
}
