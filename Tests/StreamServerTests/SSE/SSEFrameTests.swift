import Journal
import NIOCore
import Testing

@testable import StreamServer

@Suite("Frames of a stream")
struct SSEFrameTests {
    private func frame(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        write(&bytes)
        return text(bytes)
    }

    private func bare(_ data: String, run: String = "r") throws -> String {
        let record = try makeRecord(7, run: run, type: "said", data: data, at: 1_500_000)
        return frame { SSEFrame.append(record, epoch: testEpoch, .bare, to: &$0) }
    }

    @Test("a record is its id, its type, and its data with run_id and created_at at the end")
    func record() throws {
        #expect(
            try bare(#"{"a":1}"#)
                == """
                id: k7q2m9xa-7
                event: said
                data: {"a":1,"run_id":"r","created_at":"1970-01-01T00:00:01.500000Z"}


                """)
    }

    @Test(
        "only what is absent is appended, and timestamp stands in for created_at",
        arguments: [
            (#"{}"#, #"{"run_id":"r","created_at":"1970-01-01T00:00:01.500000Z"}"#),
            (#"{ }"#, #"{ "run_id":"r","created_at":"1970-01-01T00:00:01.500000Z"}"#),
            (#"{"run_id":"x"}"#, #"{"run_id":"x","created_at":"1970-01-01T00:00:01.500000Z"}"#),
            (#"{"created_at":null}"#, #"{"created_at":null,"run_id":"r"}"#),
            (#"{"run_id":1,"created_at":"t"}"#, #"{"run_id":1,"created_at":"t"}"#),
            (
                #"{"timestamp":"12\/3 o'clock"}"#,
                #"{"timestamp":"12\/3 o'clock","run_id":"r","created_at":"12\/3 o'clock"}"#
            ),
            (
                #"{"a":{"run_id":"in"}}"#,
                #"{"a":{"run_id":"in"},"run_id":"r","created_at":"1970-01-01T00:00:01.500000Z"}"#
            ),
            (
                #"{"a":"}"}"#,
                #"{"a":"}","run_id":"r","created_at":"1970-01-01T00:00:01.500000Z"}"#
            ),
        ])
    func bareData(data: String, shown: String) throws {
        let lines = try bare(data).split(separator: "\n")
        #expect(lines.count == 3)
        let sent = try #require(lines.last?.dropFirst("data: ".count))
        #expect(sent == shown)
    }

    @Test("a run's name is escaped where it is appended")
    func escapesRun() throws {
        #expect(try bare("{}", run: #"a"b\c"#).contains(#"{"run_id":"a\"b\\c","created_at""#))
    }

    @Test("a frame has no line breaks but its own")
    func breaks() throws {
        let shown = try bare("{\"a\":\r\n1,\n\"b\":\"x\\ny\"}")
        #expect(shown.hasPrefix("id: k7q2m9xa-7\nevent: said\ndata: {\"a\":"))
        #expect(shown.split(separator: "\n", omittingEmptySubsequences: false).count == 5)
        #expect(!shown.utf8.contains(13))
        #expect(shown.contains(#""b":"x\ny""#))
    }

    @Test("an enveloped record is the NDJSON object, its data byte for byte")
    func envelope() throws {
        let record = try makeRecord(
            7, seq: 3, type: "said", data: #"{ "b" : 1.0 }"#, at: 1)
        #expect(
            frame { SSEFrame.append(record, epoch: testEpoch, .envelope, to: &$0) }
                == """
                id: k7q2m9xa-7
                event: said
                data: {"id":"k7q2m9xa-7","offset":7,"seq":3,"run_id":"r","event":"said",\
                "recorded_at":"1970-01-01T00:00:00.000001Z","data":{ "b" : 1.0 }}


                """)
    }

    @Test("an id-only frame names what was seen last, and the end of all numbers before the first")
    func cursorFrame() {
        #expect(
            frame { SSEFrame.append(cursor: cursor(8), epoch: testEpoch, to: &$0) }
                == "id: k7q2m9xa-7\n\n")
        #expect(
            frame { SSEFrame.append(cursor: .start, epoch: testEpoch, to: &$0) }
                == "id: k7q2m9xa-18446744073709551615\n\n")
    }

    @Test("the id before the first record leads back to it")
    func startRoundTrip() throws {
        let shown = frame { SSEFrame.append(cursor: .start, epoch: testEpoch, to: &$0) }
        let id = try #require(EventID(shown.dropFirst(4).dropLast(2)))
        #expect(Cursor(after: id.offset) == .start)
    }

    @Test("a gap is told without an id, then the id behind it")
    func gap() {
        let gap = Gap(
            range: Offset(rawValue: 3)...Offset(rawValue: 5), missed: 2, reason: .retention)
        let requested = EventID("k7q2m9xa-2")
        #expect(
            frame { SSEFrame.append(gap, requested: requested, epoch: testEpoch, to: &$0) }
                == """
                event: stream_gap
                data: {"requested":"k7q2m9xa-2","missed_from":"k7q2m9xa-3",\
                "missed_through":"k7q2m9xa-5","missed":2,"reason":"retention"}

                id: k7q2m9xa-5


                """)
        let unknown = Gap(range: gap.range, missed: nil, reason: .corruption)
        #expect(
            frame { SSEFrame.append(unknown, requested: nil, epoch: testEpoch, to: &$0) }
                .contains(#"{"requested":null,"#))
        #expect(
            frame { SSEFrame.append(unknown, requested: nil, epoch: testEpoch, to: &$0) }
                .contains(#""missed":null,"reason":"corruption"}"#))
    }

    @Test("a frame of the server's own has a name, data and no id")
    func ownFrame() {
        var object = JSONObject()
        object.add("text", "a\"\n")
        object.add("count", 3)
        object.add("none", nil as String?)
        object.add("yes", true)
        object.add("list", ["a", "b"])
        #expect(
            frame { SSEFrame.append(event: "ping", object, to: &$0) }
                == "event: ping\n"
                + #"data: {"text":"a\"\n","count":3,"none":null,"yes":true,"list":["a","b"]}"#
                + "\n\n")
        #expect(frame { SSEFrame.append(retryMilliseconds: 2500, to: &$0) } == "retry: 2500\n\n")
    }

    @Test("a page is one chunk of its frames, with the cursor and seq of the last")
    func page() throws {
        let records = try [4, 6].map { try makeRecord($0, seq: $0 * 10) }
        let page = FramedPage.frame(
            records.map { .record($0) }, .bare, epoch: testEpoch, requested: nil)
        let body = ChunkedBody(page.bytes.readableBytesView)
        #expect(body.isWhole)
        #expect(body.chunks == 1)
        #expect(text(body.bytes).ranges(of: "event: t\n").count == 2)
        #expect(page.count == 2)
        #expect(page.lastSent == cursor(7))
        #expect(page.seq?.rawValue == 60)
        let empty = FramedPage.frame([], .bare, epoch: testEpoch, requested: nil)
        #expect(empty.bytes.readableBytes == 0)
        #expect(empty.lastSent == nil)
        #expect(empty.count == 0)
    }
}
