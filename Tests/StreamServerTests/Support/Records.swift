@testable import Journal
@testable import StreamServer

/// The lineage of offsets in tests.
let testEpoch = Epoch("k7q2m9xa")

/// The cursor of a reader to whom `next` is the first unseen offset.
func cursor(_ next: Int) -> Cursor {
    Cursor(next: Offset(rawValue: UInt64(next)))
}

/// A run by its name.
func runID(_ name: String) throws -> RunID {
    guard let run = RunID(name) else { throw NoSuchName(name: name) }
    return run
}

/// A name in a test that is none.
struct NoSuchName: Error {
    let name: String
}

/// A record at `offset` of the run `run`, whose shape is what its data is.
func makeRecord(
    _ offset: Int, run name: String = "r", seq: Int? = nil, type: String = "t",
    data: String = "{}", at microseconds: Int64 = 0
) throws -> Record {
    guard let type = EventType(type) else { throw NoSuchName(name: type) }
    let event = try Event(type: type, data: Array(data.utf8))
    var shape: Record.DataShape = []
    if event.fields.hasRunID { shape.insert(.hasRunID) }
    if event.fields.hasCreatedAt { shape.insert(.hasCreatedAt) }
    return Record(
        offset: Offset(rawValue: UInt64(offset)), run: try runID(name),
        seq: RunSequence(rawValue: UInt64(seq ?? offset + 1)), type: type,
        ingest: IngestTime(
            wall: Timestamp(microseconds: microseconds), monotonicMicroseconds: 0,
            boot: BootID(high: 1, low: 1)),
        eventTime: nil, origin: nil, key: nil, shape: shape, data: event.data)
}

/// Records that were published together, up to before `end`.
func publication(_ records: [Record], end: Int) throws -> Publication {
    guard let epoch = testEpoch else { throw NoSuchName(name: "epoch") }
    return Publication(records: records, epoch: epoch, end: Offset(rawValue: UInt64(end)))
}

/// The text of bytes.
func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
}

/// Whether `work` throws a ``Problem`` with this status.
func isRefused(_ status: Int, _ work: () throws -> Void) -> Bool {
    do {
        try work()
        return false
    } catch let problem as Problem {
        return problem.status == status && !problem.detail.isEmpty
    } catch {
        return false
    }
}
