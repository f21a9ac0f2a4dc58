@testable import Journal
@testable import Replay
import Testing

@Suite("Redaction")
struct RedactionTests {
    private func redact(_ data: String, _ rules: [String]) throws -> (String, Redaction.Report) {
        var redaction = try Redaction(rules)
        let record = Record(
            offset: .zero, run: try #require(RunID("run")), seq: RunSequence(rawValue: 1),
            type: .messageSent,
            ingest: IngestTime(
                wall: Timestamp(microseconds: 0), monotonicMicroseconds: 0,
                boot: BootID(high: 0, low: 0)),
            shape: [], data: Array(data.utf8))
        let left = try redaction.redact(record)
        return (String(decoding: left.data, as: UTF8.self), redaction.report)
    }

    @Test("takes the value of a key at any depth, whatever it is, and nothing else")
    func keys() throws {
        let data = #"{"a":1,"k":{"x":[1,2]},"list":[{"k":null},{"b":"k"}], "k2":"v" }"#
        let (left, report) = try redact(data, ["k"])
        #expect(
            left
                == #"{"a":1,"k":"[redacted]","list":[{"k":"[redacted]"},{"b":"k"}], "k2":"v" }"#)
        #expect(report == Redaction.Report(values: 2, events: 1))
    }

    @Test(
        "sees through escapes",
        arguments: [#"{"\u006b":"v"}"#, #"{"k":"v"}"#, #"{ "\u006B" : [ "v" ] }"#])
    func escapedKeys(data: String) throws {
        #expect(try !redact(data, ["k"]).0.contains("v"))
    }

    @Test("a pattern is looked for in strings, names and numbers, and nowhere else")
    func patterns() throws {
        let data = #"{"m\u0065y":"m\u0065yer","n":-12.50e3,"t":true,"none":null,"x":"ok\n"}"#
        let (left, report) = try redact(data, ["/mey(er)?/", "/12.5/", "/true/", "/null/"])
        #expect(
            left == #"{"[redacted]":"[redacted]","n":"-[redacted]0e3","t":"[redacted]","#
                + #""none":"[redacted]","x":"ok\n"}"#)
        #expect(report.values == 5)
    }

    @Test("a pattern that matches nothing of a text takes nothing")
    func empty() throws {
        let data = #"{"a":"bc"}"#
        #expect(try redact(data, ["/x*/"]) == (data, Redaction.Report()))
        #expect(try redact(data, ["/z/", "q"]) == (data, Redaction.Report()))
    }

    @Test("what is left is written as JSON", arguments: [#"{"a":"\"x\\\n"}"#, #"{"a":"\u0001x"}"#])
    func escaping(data: String) throws {
        let (left, _) = try redact(data, ["/x/"])
        #expect(try Event(type: .messageSent, data: Array(left.utf8)).data == Array(left.utf8))
        #expect(left != data)
    }

    @Test("a rule that is none is refused", arguments: ["", "/", "//", "/a", "/(/"])
    func refused(rule: String) {
        #expect(throws: ReplayError.self) { try Redaction([rule]) }
    }
}
