import Journal
import Testing

@testable import StreamServer

@Suite("Posted events")
struct PostedEventsTests {
    private func post(_ bodies: String..., key: String? = nil) throws -> [Draft] {
        var posted = PostedEvents(idempotencyKey: key)
        for body in bodies {
            let bytes = Array(body.utf8)
            try posted.add(bytes, 0..<bytes.count)
        }
        return posted.takeDrafts()
    }

    @Test("an event has a type and data, and keeps its data byte for byte")
    func event() throws {
        let drafts = try post(
            #"{"event_type":"said","data":{ "a" : 1.0 }}"#, #"{"data":{},"event":"other"}"#)
        #expect(drafts.map(\.event.type.name) == ["said", "other"])
        #expect(drafts.map { text($0.event.data) } == [#"{ "a" : 1.0 }"#, "{}"])
        #expect(drafts.allSatisfy { $0.key == nil && $0.run == nil && $0.eventTime == nil })
    }

    @Test("the event in a range is taken, and nothing around it")
    func range() throws {
        var posted = PostedEvents(idempotencyKey: nil)
        let bytes = Array(#"[{"event":"a","data":{"n":1}},{"event":"b","data":{"n":2}}]"#.utf8)
        try posted.add(bytes, 30..<bytes.count - 1)
        #expect(posted.drafts.map { text($0.event.data) } == [#"{"n":2}"#])
    }

    @Test(
        "what is no event is refused",
        arguments: [
            "", "x", "[]", "1", "null", "{", "{}", #"{"data":{}}"#, #"{"event_type":"t"}"#,
            #"{"event_type":"","data":{}}"#, #"{"event_type":1,"data":{}}"#,
            #"{"event_type":"t","data":[]}"#, #"{"event_type":"t","data":null}"#,
            #"{"event_type":"t","data":"{}"}"#, #"{"event_type":"t","data":{}} {}"#,
            #"{"event_type":"a\u0000b","data":{}}"#, #"{"event_type":"t","data":{"a":}}"#,
            #"{"event_type":"t","data":{},}"#, #"{"event_type":"a\nb","data":{}}"#,
        ])
    func refuses(body: String) {
        #expect(isRefused(400) { _ = try post(body) })
    }

    @Test(
        "a type that a page would take for something else is refused",
        arguments: ["connected", "ping", "open", "error", "stream_live", "stream_x", "journal_gap"])
    func reserved(type: String) {
        #expect(isRefused(400) { _ = try post(#"{"event_type":"\#(type)","data":{}}"#) })
    }

    @Test(
        "a run id that is none is refused, in the data or beside it",
        arguments: [
            #"{"event_type":"t","data":{"run_id":""}}"#, #"{"event_type":"t","data":{"run_id":7}}"#,
            #"{"event_type":"t","data":{"run_id":null}}"#,
            #"{"event_type":"t","data":{"run_id":"a\u0001"}}"#,
            #"{"event_type":"t","run_id":"","data":{}}"#,
        ])
    func badRun(body: String) {
        #expect(isRefused(400) { _ = try post(body) })
    }

    @Test("the data's run counts, else the one beside it")
    func run() throws {
        let drafts = try post(
            #"{"event_type":"t","run_id":"beside","data":{"run_id":"within"}}"#,
            #"{"event_type":"t","run_id":"beside","data":{}}"#, #"{"event_type":"t","data":{}}"#)
        #expect(drafts.map { $0.run?.name } == ["within", "beside", nil])
    }

    @Test("an event may be as large as the limit and no larger")
    func size() throws {
        func body(_ bytes: Int) -> String {
            let filler = String(repeating: "x", count: bytes - #"{"a":""}"#.utf8.count)
            return #"{"event_type":"t","data":{"a":"\#(filler)"}}"#
        }
        let drafts = try post(body(PostedEvents.eventBytesMax))
        #expect(drafts[0].event.data.count == PostedEvents.eventBytesMax)
        #expect(isRefused(413) { _ = try post(body(PostedEvents.eventBytesMax + 1)) })
    }

    @Test("a refusal names the event by its number, from the second on")
    func namesTheEvent() throws {
        let first = try #require(throws: Problem.self) { try post("x") }
        #expect(!first.detail.contains("event 1"))
        let third = try #require(throws: Problem.self) {
            try post(#"{"event":"a","data":{}}"#, #"{"event":"a","data":{}}"#, "x")
        }
        #expect(third.detail.hasPrefix("event 3: "))
    }

    @Test("a key makes each event of a request repeatable, and only that request's")
    func keys() throws {
        let event = #"{"event":"a","data":{}}"#
        let first = try post(event, event, key: "k").map(\.key)
        #expect(first == (try post(event, event, key: "k").map(\.key)))
        #expect(Set(first).count == 2)
        #expect(!first.contains(nil))
        #expect(Set(try post(event, event, key: "other").map(\.key)).isDisjoint(with: first))
    }

    @Test("keys go on counting when drafts are taken in between")
    func keysOfBatches() throws {
        let bytes = Array(#"{"event":"a","data":{}}"#.utf8)
        var posted = PostedEvents(idempotencyKey: "k")
        var keys: [UInt64?] = []
        for _ in 0..<3 {
            try posted.add(bytes, 0..<bytes.count)
            keys += posted.takeDrafts().map(\.key)
        }
        #expect(posted.drafts.isEmpty)
        #expect(Set(keys).count == 3)
    }
}
