import Journal
import NIOCore

/// A page of records as bytes of a stream.
struct FramedPage: Sendable {
    /// Bytes of data that one read of the journal takes for a stream: with the frames around them
    /// they fill a buffer of 128 KiB, of which a stream holds at most two.
    static let bytesMax = 96 << 10

    /// One chunk of an HTTP/1.1 body.
    var bytes: ByteBuffer
    /// Where the reader stands after it.
    var cursor: Cursor
    /// Where the last frame leaves the client; nil when there is no frame.
    var lastSent: Cursor?
    var seq: RunSequence?
    /// Records among the frames.
    var count: Int

    /// Reads and frames what follows `cursor`.
    static func read(
        _ selection: Selection, from cursor: Cursor, _ format: SSEFrame.Format,
        requested: EventID?, _ journal: some JournalReading
    ) throws(JournalError) -> FramedPage {
        let page = try journal.read(selection, from: cursor, bytesMax: bytesMax)
        var framed = frame(
            page.items, format, epoch: journal.epochs.current, requested: requested)
        framed.cursor = page.cursor
        return framed
    }

    /// Frames `items`; the cursor is behind the last of them.
    static func frame(
        _ items: [ReadPage.Item], _ format: SSEFrame.Format, epoch: Epoch?, requested: EventID?
    ) -> FramedPage {
        var body: [UInt8] = []
        body.reserveCapacity(min(items.count * 512, bytesMax + bytesMax / 3))
        var page = FramedPage(
            bytes: ByteBuffer(), cursor: .start, lastSent: nil, seq: nil, count: 0)
        for item in items {
            switch item {
            case .record(let record):
                SSEFrame.append(record, epoch: epoch, format, to: &body)
                page.lastSent = Cursor(after: record.offset)
                page.seq = record.seq
                page.count += 1
            case .gap(let gap):
                SSEFrame.append(gap, requested: requested, epoch: epoch, to: &body)
                page.lastSent = gap.reached
                page.seq = gap.seq ?? page.seq
            }
        }
        page.cursor = page.lastSent ?? .start
        page.bytes = HTTPChunk.encode(body)
        return page
    }
}

extension StreamRequest {
    /// The id that the client resumes from; nil for a fresh reader.
    var requestedID: EventID? {
        if case .id(let text) = start { EventID(text) } else { nil }
    }
}
