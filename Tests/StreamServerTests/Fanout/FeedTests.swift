import Journal
import NIOCore
import Testing

@testable import StreamServer

@Suite("Feed")
struct FeedTests {
    private func feed(start: Int = 0) throws -> Feed {
        Feed(
            Feed.Key(selection: .run(try runID("r")), format: .sse(.envelope)),
            start: cursor(start))
    }

    /// A record whose frame has exactly `bytes` bytes in `feed`.
    private func record(_ offset: Int, frameBytes: Int) throws -> Record {
        var record = try makeRecord(offset, data: #"{"a":""}"#)
        var frame: [UInt8] = []
        SSEFrame.append(record, epoch: testEpoch, .envelope, to: &frame)
        let padding = String(repeating: "x", count: frameBytes - frame.count)
        record.data = Array(#"{"a":"\#(padding)"}"#.utf8)
        return record
    }

    private func offsets(_ chunk: Feed.Chunk) -> [Int] {
        let body = ChunkedBody(chunk.bytes.readableBytesView)
        #expect(body.isWhole)
        return text(body.bytes).split(separator: "\n").compactMap {
            $0.hasPrefix("id: k7q2m9xa-") ? Int($0.dropFirst(13)) : nil
        }
    }

    @Test("an empty feed has nothing to send and leads to its end")
    func empty() throws {
        let feed = try feed(start: 3)
        let chunk = feed.chunk(from: cursor(3), end: cursor(9))
        #expect(chunk.count == 0)
        #expect(chunk.bytes.readableBytes == 0)
        #expect(chunk.lastSent == nil)
        #expect(chunk.seq == nil)
        #expect(chunk.cursor == cursor(9))
    }

    @Test("a chunk begins at the cursor, also between frames, and leads to the end")
    func amidFrames() throws {
        let feed = try feed()
        for offset in [2, 5, 9] {
            feed.append(try record(offset, frameBytes: 300), epoch: testEpoch)
        }
        let expected: [(Int, [Int])] = [
            (0, [2, 5, 9]), (2, [2, 5, 9]), (3, [5, 9]), (5, [5, 9]), (6, [9]), (9, [9]), (10, []),
        ]
        for (from, found) in expected {
            let chunk = feed.chunk(from: cursor(from), end: cursor(12))
            #expect(offsets(chunk) == found)
            #expect(chunk.count == found.count)
            #expect(chunk.cursor == cursor(12))
            #expect(chunk.lastSent == (found.isEmpty ? nil : cursor(10)))
            #expect(chunk.seq?.rawValue == (found.isEmpty ? nil : 10))
        }
    }

    @Test("a write carries 64 KiB of frames and not a byte more")
    func chunkBoundary() throws {
        let feed = try feed()
        let half = Feed.chunkBytesMax / 2
        for (offset, bytes) in [half, half, 400, half].enumerated() {
            feed.append(try record(offset, frameBytes: bytes), epoch: testEpoch)
        }
        let first = feed.chunk(from: .start, end: cursor(4))
        #expect(offsets(first) == [0, 1])
        #expect(first.cursor == cursor(2))
        #expect(first.lastSent == cursor(2))
        #expect(ChunkedBody(first.bytes.readableBytesView).bytes.count == Feed.chunkBytesMax)
        let second = feed.chunk(from: first.cursor, end: cursor(4))
        #expect(offsets(second) == [2, 3])
        #expect(second.cursor == cursor(4))
        // One byte too many: the frame waits for the next write.
        let tight = try self.feed()
        for (offset, bytes) in [half, half + 1].enumerated() {
            tight.append(try record(offset, frameBytes: bytes), epoch: testEpoch)
        }
        #expect(offsets(tight.chunk(from: .start, end: cursor(2))) == [0])
    }

    @Test("a frame that is longer than a write goes alone")
    func longFrame() throws {
        let feed = try feed()
        for (offset, bytes) in [300, Feed.chunkBytesMax + 5, 300].enumerated() {
            feed.append(try record(offset, frameBytes: bytes), epoch: testEpoch)
        }
        var from = Cursor.start
        for found in [[0], [1], [2]] {
            let chunk = feed.chunk(from: from, end: cursor(3))
            #expect(offsets(chunk) == found)
            from = chunk.cursor
        }
        #expect(from == cursor(3))
    }

    @Test("readers at one cursor share the bytes, and others get their own")
    func memo() throws {
        let feed = try feed()
        feed.append(try record(0, frameBytes: 300), epoch: testEpoch)
        feed.append(try record(1, frameBytes: 300), epoch: testEpoch)
        #expect(offsets(feed.chunk(from: .start, end: cursor(2))) == [0, 1])
        #expect(offsets(feed.chunk(from: .start, end: cursor(2))) == [0, 1])
        #expect(offsets(feed.chunk(from: cursor(1), end: cursor(2))) == [1])
        feed.append(try record(2, frameBytes: 300), epoch: testEpoch)
        #expect(offsets(feed.chunk(from: cursor(1), end: cursor(3))) == [1, 2])
        #expect(feed.chunk(from: cursor(1), end: cursor(4)).cursor == cursor(4))
        feed.restart(at: cursor(1))
        #expect(offsets(feed.chunk(from: cursor(1), end: cursor(3))) == [])
    }

    @Test("a feed of messages has one for each event that is broadcast, and leads past the others")
    func messages() throws {
        let feed = Feed(
            Feed.Key(selection: .everything, format: .webSocket), start: .start)
        for offset in 0..<4 {
            var record = try makeRecord(offset, run: offset == 0 ? "unassigned" : "r")
            if offset % 2 == 1 { record.eventTime = Timestamp(microseconds: 1) }
            feed.append(record, epoch: testEpoch)
        }
        let chunk = feed.chunk(from: .start, end: cursor(4))
        #expect(chunk.count == 2)
        #expect(chunk.cursor == cursor(4))
        var expected: [UInt8] = []
        for offset in [0, 2] {
            WebSocketMessage.append(
                EventStreamPacket.event(try makeRecord(offset)), to: &expected)
        }
        #expect(Array(chunk.bytes.readableBytesView) == expected)
        #expect(feed.chunk(from: cursor(3), end: cursor(4)).count == 0)
    }

    @Test("the oldest frames go when there are too many bytes, and the start moves behind them")
    func evicts() throws {
        let feed = try feed()
        let bytes = Feed.bytesMax / 4
        for offset in 0..<4 { feed.append(try record(offset, frameBytes: bytes), epoch: testEpoch) }
        #expect(feed.start == .start)
        feed.append(try record(6, frameBytes: bytes), epoch: testEpoch)
        #expect(feed.start == cursor(1))
        #expect(offsets(feed.chunk(from: feed.start, end: cursor(7))) == [1])
        // One that is longer than the feed may be stays all the same, alone.
        feed.append(try record(8, frameBytes: Feed.bytesMax + 1), epoch: testEpoch)
        #expect(feed.start == cursor(7))
        #expect(offsets(feed.chunk(from: cursor(7), end: cursor(9))) == [8])
        feed.append(try record(9, frameBytes: 300), epoch: testEpoch)
        #expect(feed.start == cursor(9))
    }

    @Test("a feed that restarts holds nothing from before")
    func restarts() throws {
        let feed = try feed()
        feed.append(try record(0, frameBytes: 300), epoch: testEpoch)
        feed.restart(at: cursor(5))
        #expect(feed.start == cursor(5))
        #expect(feed.chunk(from: cursor(5), end: cursor(6)).count == 0)
        // The bytes of before no longer count: a feed's worth fits without a loss.
        for offset in 5..<9 {
            feed.append(try record(offset, frameBytes: Feed.bytesMax / 4), epoch: testEpoch)
        }
        #expect(feed.start == cursor(5))
    }

    @Test(
        "whatever is appended, a reader gets each frame once, in chunks that are full",
        arguments: 0..<40 as Range<UInt64>)
    func readsAll(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let feed = try feed()
        var offset = 0
        var sent: [Int] = []
        var bytes = 0
        while true {
            offset += Int.random(in: 0...3, using: &generator)
            let size = Int.random(in: 300...30_000, using: &generator)
            bytes += size
            if bytes > Feed.bytesMax { break }
            feed.append(try record(offset, frameBytes: size), epoch: testEpoch)
            sent.append(offset)
            offset += 1
        }
        var found: [Int] = []
        var from = Cursor.start
        let end = cursor(offset + 2)
        while from < end {
            let chunk = feed.chunk(from: from, end: end)
            #expect(chunk.cursor > from)
            #expect(chunk.bytes.readableBytes <= Feed.chunkBytesMax + 16)
            found += offsets(chunk)
            from = chunk.cursor
        }
        #expect(found == sent)
    }

    @Test("a chunk of a body has its size in hexadecimal, and none stands for no bytes")
    func httpChunk() {
        #expect(
            text(HTTPChunk.encode(Array("hello world, it is".utf8)).readableBytesView)
                == "12\r\nhello world, it is\r\n")
        #expect(HTTPChunk.encode([]).readableBytes == 0)
        #expect(text(HTTPChunk.end) == "0\r\n\r\n")
    }
}
