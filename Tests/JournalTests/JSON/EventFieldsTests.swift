import Journal
import Testing

@Suite("JSON: an event's parts")
struct EventFieldsTests {
    typealias Field = (name: String, path: any KeyPath<EventFields, JSONText?> & Sendable)

    static let fields: [Field] = [
        ("run_id", \.runID), ("thread_id", \.threadID), ("message_id", \.messageID),
        ("created_at", \.createdAt), ("timestamp", \.timestamp), ("from_agent", \.fromAgent),
        ("to_agent", \.toAgent), ("parent_agent", \.parentAgent),
        ("parent_agent_id", \.parentAgent),
        ("child_agent", \.childAgent), ("child_agent_id", \.childAgent),
        ("message_type", \.messageType), ("status", \.status), ("content", \.content),
    ]

    private func data(_ text: String) throws -> (EventFields, [UInt8]) {
        let bytes = Array(text.utf8)
        return (try JSONScanner.data(in: bytes).fields, bytes)
    }

    private func envelope(_ text: String) throws -> (EventEnvelope, [UInt8]) {
        let bytes = Array(text.utf8)
        return (try JSONScanner.envelope(in: bytes), bytes)
    }

    /// `name` with each of its characters as an escape.
    private func escaped(_ name: String) -> String {
        name.utf8.map { "\\u00" + String($0, radix: 16) }.joined()
    }

    @Test("each field is found under its own name alone")
    func names() throws {
        for (name, path) in EventFieldsTests.fields {
            for key in [name, escaped(name)] {
                let (found, bytes) = try data("{\"x\":[1],\"\(key)\":\"a\\u00e9\",\"y\":{}}")
                #expect(found[keyPath: path]?.string(in: bytes) == "aé")
                #expect(found[keyPath: path]?.isEscaped == true)
                var others = Set(EventFieldsTests.fields.map(\.path))
                others.remove(path)
                #expect(others.allSatisfy { found[keyPath: $0] == nil })
                #expect(found.hasRunID == (name == "run_id"))
                #expect(found.hasCreatedAt == (name == "created_at"))
            }
            for key in [
                "\(name)\\u0000", "\\u0000\(name)", "\(name)_", "_\(name)", name.uppercased(),
            ] {
                #expect(try data("{\"\(key)\":\"a\"}").0 == EventFields())
            }
            for value in ["1", "null", "true", "[\"a\"]", "{\"\(name)\":\"a\"}"] {
                let (found, _) = try data("{\"\(name)\":\(value)}")
                #expect(found[keyPath: path] == nil)
                #expect(found.hasRunID == (name == "run_id"))
            }
            #expect(try data("{\"x\":{\"\(name)\":\"a\"}}").0 == EventFields())
        }
        #expect(
            try data("{\"\":\"a\",\"\\u0000\":\"b\",\"a_name_of_more_than_16\":\"c\"}").0
                == EventFields())
    }

    @Test("the last of several members of one name counts")
    func duplicates() throws {
        for (name, path) in EventFieldsTests.fields {
            let (last, bytes) = try data(
                "{\"\(name)\":\"a\",\"\(name)\":1,\"\(escaped(name))\":\"b\"}")
            #expect(last[keyPath: path]?.string(in: bytes) == "b")
            let (none, _) = try data("{\"\(name)\":\"a\",\"\(name)\":null}")
            #expect(none[keyPath: path] == nil)
        }
    }

    @Test("an agent's first name wins over its second, in any order")
    func agents() throws {
        for kind in ["parent", "child"] {
            let members = ["\"\(kind)_agent\":\"a\"", "\"\(kind)_agent_id\":\"b\""]
            for order in [members, members.reversed()] {
                let (found, bytes) = try data("{\(order.joined(separator: ","))}")
                let text = kind == "parent" ? found.parentAgent : found.childAgent
                #expect(text?.string(in: bytes) == "a")
            }
        }
    }

    @Test("title and urgency are read from the last metadata, if that is an object")
    func metadata() throws {
        let (found, bytes) = try data(
            "{\"title\":\"no\",\"metadata\":"
                + "{\"title\":\"a\",\"x\":{\"urgency\":\"no\"},\"urgency\":\"b\"}}"
        )
        #expect(found.title?.string(in: bytes) == "a")
        #expect(found.urgency?.string(in: bytes) == "b")
        for last in ["null", "[]", "{}", "{\"title\":1}", "\"text\"", "[{\"title\":\"no\"}]"] {
            let (none, _) = try data(
                "{\"metadata\":{\"title\":\"a\",\"urgency\":\"b\"},\"metadata\":\(last)}")
            #expect(none == EventFields())
        }
        let (other, _) = try data("{\"title\":\"no\",\"x\":{\"metadata\":{\"title\":\"no\"}}}")
        #expect(other == EventFields())
    }

    @Test("an envelope's members are found, and its data's fields fit a copy of the data")
    func envelopes() throws {
        let (found, bytes) = try envelope(
            """
             { "id":"e-1", "event":"x", "run_id":"R", "recorded_at":"T", "server_timestamp":"S",
             "event\\u005ftype":"y", "data": {"run_id":"r","metadata":{"title":"t"}} , "z":[]}
            """)
        #expect(found.type?.string(in: bytes) == "y")
        #expect(found.id?.string(in: bytes) == "e-1")
        #expect(found.runID?.string(in: bytes) == "R")
        #expect(found.recordedAt?.string(in: bytes) == "T")
        #expect(found.serverTimestamp?.string(in: bytes) == "S")
        let range = try #require(found.data)
        let copy = Array(bytes[range])
        #expect(copy == Array("{\"run_id\":\"r\",\"metadata\":{\"title\":\"t\"}}".utf8))
        #expect(found.dataIsObject && !found.dataHasLineBreaks)
        #expect(found.fields == (try JSONScanner.data(in: copy).fields))
        #expect(found.fields.title?.string(in: copy) == "t")
        #expect(found.fields.shifted(by: range.lowerBound).title?.string(in: bytes) == "t")
        #expect(found.fields.shifted(by: 5).shifted(by: -5) == found.fields)
    }

    @Test(
        "a type is event_type, else event",
        arguments: [
            ("\"event\":\"a\"", "a"), ("\"event_type\":\"b\"", "b"), ("\"x\":0", nil),
            ("\"event_type\":\"b\",\"event\":\"a\"", "b"),
            ("\"event\":\"a\",\"event_type\":\"b\"", "b"),
            ("\"event_type\":null,\"event\":\"a\"", "a"), ("\"event\":5", nil),
            ("\"event\":\"\"", ""),
        ] as [(String, String?)])
    func types(members: String, type: String?) throws {
        let (found, bytes) = try envelope("{\(members)}")
        #expect(found.type?.string(in: bytes) == type)
    }

    @Test(
        "data of any kind is found, and the last one counts",
        arguments: [
            "null", "-1.5e3", "\"text\"", "[1, {\"run_id\":\"no\"}]", "true", "{}", "[]", "\"\"",
        ])
    func data(value: String) throws {
        let (found, bytes) = try envelope("{\"data\":{\n\"run_id\":\"r\"},\"data\" : \(value) }")
        let range = try #require(found.data)
        #expect(Array(bytes[range]) == Array(value.utf8))
        #expect(found.dataIsObject == (value == "{}"))
        #expect(found.fields == EventFields())
        #expect(!found.dataHasLineBreaks)
        #expect(try envelope("{}").0.data == nil)
    }

    @Test("random members are found as by a simple model", arguments: 0..<200 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var documents = JSONDocuments(seed: seed)
        var members: [String] = []
        var expected: [String: String?] = [:]
        for _ in 0..<Int.random(in: 0...25, using: &documents) {
            let name = documents.pick(EventFieldsTests.fields.map(\.name) + ["other", "runid", ""])
            let content = documents.plainText()
            let isText = Int.random(in: 0..<3, using: &documents) > 0
            let value =
                isText
                ? documents.encoded(content) : documents.pick(["0", "null", "[\"a\"]", "{}"])
            expected[name] = .some(isText ? content : nil)
            members.append(
                documents.whitespace() + documents.encoded(name) + documents.whitespace() + ":"
                    + documents.whitespace() + value + documents.whitespace())
        }
        let text = "{\(members.joined(separator: ","))}"
        let (found, bytes) = try data(text)
        for (name, path) in EventFieldsTests.fields {
            let base =
                name.hasSuffix("_id") && name.contains("agent") ? String(name.dropLast(3)) : name
            let value = (expected[base] ?? nil) ?? (expected[base + "_id"] ?? nil)
            #expect(found[keyPath: path]?.string(in: bytes) == value)
        }
        #expect(found.hasRunID == (expected["run_id"] != nil))
        #expect(found.hasCreatedAt == (expected["created_at"] != nil))
        let (outer, _) = try envelope("{\"data\":\(text)}")
        #expect(outer.fields == found)
    }
}
