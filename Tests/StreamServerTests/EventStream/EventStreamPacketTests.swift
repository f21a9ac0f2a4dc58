import Journal
import Testing

@testable import StreamServer

@Suite("Packets of the Event Stream")
struct EventStreamPacketTests {
    private func event(_ data: String, type: String = "t", at microseconds: Int64 = 1_500_000)
        throws -> String
    {
        text(EventStreamPacket.event(try makeRecord(7, type: type, data: data, at: microseconds)))
    }

    @Test("an event has its type, its data byte for byte, and when it was taken in")
    func verbatim() throws {
        let data = #"{ "a" : 1e400, "b":"\u00e9é\n","b":[ ], "timestamp":"2026-11-23T14:53:47" }"#
        #expect(
            try event(data, type: #"quo"ted"#)
                == #"42["event",{"event_type":"quo\"ted","data":"# + data
                + #","server_timestamp":"1970-01-01T00:00:01.500000Z"}]"#)
    }

    @Test(
        "a timestamp is added at the end of data that has none",
        arguments: [
            (#"{"a":1}"#, #"{"a":1,"timestamp":"1970-01-01T00:00:01.500000Z"}"#),
            ("{}", #"{"timestamp":"1970-01-01T00:00:01.500000Z"}"#),
            ("{ }", #"{ "timestamp":"1970-01-01T00:00:01.500000Z"}"#),
            (
                #"{"in":{"timestamp":1} }"#,
                #"{"in":{"timestamp":1} ,"timestamp":"1970-01-01T00:00:01.500000Z"}"#
            ),
            (#"{"timestamp":null}"#, #"{"timestamp":null}"#),
            (#"{"time\u0073tamp":5}"#, #"{"time\u0073tamp":5}"#),
        ])
    func timestamp(data: String, told: String) throws {
        #expect(try event(data).contains(#""data":\#(told),"server_timestamp""#))
    }

    @Test("a history is an array of the same events, in order")
    func history() throws {
        let records = try (0..<3).map { try makeRecord($0, data: #"{"timestamp":\#($0)}"#) }
        let items = records.map {
            text(EventStreamPacket.event($0)).dropFirst(#"42["event","#.count).dropLast()
        }
        #expect(
            text(EventStreamPacket.history(records))
                == #"42["event_history",["# + items.joined(separator: ",") + "]]")
        #expect(text(EventStreamPacket.history([])) == #"42["event_history",[]]"#)
    }

    @Test("imports, copies and the journal's own records are not broadcast")
    func isBroadcast() throws {
        var record = try makeRecord(0, run: "unassigned", type: "anything")
        #expect(record.isBroadcast)
        record.eventTime = Timestamp(microseconds: 0)
        #expect(!record.isBroadcast)
        record.eventTime = nil
        record.origin = EventID("k7q2m9xa-1")
        #expect(!record.isBroadcast)
        #expect(!(try makeRecord(0, type: "journal_gap").isBroadcast))
        #expect(!(try makeRecord(0, type: "stream_live").isBroadcast))
    }
}
