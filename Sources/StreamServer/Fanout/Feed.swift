import DequeModule
import Journal
import NIOCore

/// The newest frames of one selection of runs, shared by all its readers on one event loop.
///
/// Holds every selected record from `start` to the hub's end. Confined to its event loop.
final class Feed {
    /// Bytes of frames that are kept at most, the newest frame aside.
    static let bytesMax = 256 << 10
    /// Bytes of frames that one write carries at most, a longer frame aside.
    static let chunkBytesMax = 64 << 10

    /// What tells one feed from another.
    struct Key: Hashable, Sendable {
        var selection: Selection
        var format: FeedFormat
    }

    private struct Frame {
        var offset: Offset
        var seq: RunSequence
        var bytes: [UInt8]
    }

    /// Frames that go out in one write.
    struct Chunk {
        /// The frames, ready for the socket.
        var bytes: ByteBuffer
        /// Where a reader stands after it.
        var cursor: Cursor
        /// Where the last frame leaves the client; nil when there is no frame.
        var lastSent: Cursor?
        var seq: RunSequence?
        var count: Int
    }

    let key: Key
    private(set) var start: Cursor
    private var frames: Deque<Frame> = []
    private var bytes = 0
    private var memo: (from: Cursor, end: Cursor, chunk: Chunk)?
    /// Its readers.
    var readers: [ObjectIdentifier: any HubReader] = [:]

    init(_ key: Key, start: Cursor) {
        self.key = key
        self.start = start
    }

    /// Adds a record of the selection, which follows all that are in the feed; one that is not for
    /// its readers has no frame.
    func append(_ record: Record, epoch: Epoch?) {
        var frame: [UInt8] = []
        frame.reserveCapacity(record.data.count + 160)
        key.format.append(record, epoch: epoch, to: &frame)
        guard !frame.isEmpty else { return }
        frames.append(Frame(offset: record.offset, seq: record.seq, bytes: frame))
        bytes += frame.count
        while bytes > Feed.bytesMax, frames.count > 1, let first = frames.popFirst() {
            bytes -= first.bytes.count
            start = Cursor(after: first.offset)
        }
    }

    /// Drops everything: the feed holds what comes from `start` on.
    func restart(at start: Cursor) {
        frames = []
        bytes = 0
        memo = nil
        self.start = start
    }

    /// The frames that follow `cursor`, up to one write's worth, in a feed that reaches to `end`.
    ///
    /// - Precondition: `cursor` is not below `start`.
    func chunk(from cursor: Cursor, end: Cursor) -> Chunk {
        if let memo, memo.from == cursor, memo.end == end { return memo.chunk }
        let chunk = makeChunk(from: cursor, end: end)
        memo = (cursor, end, chunk)
        return chunk
    }

    private func makeChunk(from cursor: Cursor, end: Cursor) -> Chunk {
        var body: [UInt8] = []
        var count = 0
        var last: Frame?
        for frame in frames[place(of: cursor)...] {
            if count > 0, body.count + frame.bytes.count > Feed.chunkBytesMax { break }
            body += frame.bytes
            count += 1
            last = frame
        }
        let isAll = last.map { $0.offset == frames.last?.offset } ?? true
        let sent = last.map { Cursor(after: $0.offset) }
        return Chunk(
            bytes: key.format.enclose(body), cursor: isAll ? end : sent ?? end, lastSent: sent,
            seq: last?.seq, count: count)
    }

    private func place(of cursor: Cursor) -> Int {
        var low = 0
        var high = frames.count
        while low < high {
            let middle = (low + high) / 2
            if frames[middle].offset < cursor.next { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The chunked transfer coding of HTTP/1.1.
enum HTTPChunk {
    /// The end of a body.
    static let end = Array("0\r\n\r\n".utf8)

    /// `body` as one chunk; nothing for nothing, since an empty chunk would end the body.
    static func encode(_ body: [UInt8]) -> ByteBuffer {
        guard !body.isEmpty else { return ByteBuffer() }
        let size = String(body.count, radix: 16)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(body.count + size.utf8.count + 4)
        buffer.writeString(size)
        buffer.writeString("\r\n")
        buffer.writeBytes(body)
        buffer.writeString("\r\n")
        return buffer
    }
}
