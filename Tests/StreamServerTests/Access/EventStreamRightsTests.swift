import Journal
import NIOCore
import Testing

@testable import StreamServer

@Suite("Rights at the Event Stream")
struct EventStreamRightsTests {
    private static let start = EventStreamSessionTests.start

    private let reader = Secret(prefix: "")
    private let publisher = Secret(prefix: "")

    private func access() throws -> Access {
        let pattern = try #require(RunPattern("open*"))
        return Access([
            TokenSetting(name: "reader", digest: reader.digest, scopes: [.read(pattern)]),
            TokenSetting(name: "publisher", digest: publisher.digest, scopes: [.publish]),
        ])
    }

    /// A session whose client has shown nothing when it came.
    private func link() throws -> EventStreamSessionTests.Link {
        var link = EventStreamSessionTests.Link()
        link.session = EventStreamSession(
            id: "S", memberID: "M",
            rights: Gatekeeper(try access()).eventStreamRights(of: nil, at: Self.start),
            at: Self.start)
        return link
    }

    @Test("who shows a token on joining is greeted, and told of the runs that it may read")
    func joins() throws {
        var link = try link()
        #expect(link.session.rights.selection == .run(.hidden))
        let sent = try link.say(#"40{"token":"\#(reader.text)"}"#)
        #expect(sent.last == #"40{"sid":"M"}"#)
        #expect(link.session.rights.selection.contains(try runID("open1")))
        #expect(!link.session.rights.selection.contains(try runID("hidden")))
        #expect(link.session.rights.deadline == nil)
    }

    @Test("who shows none, another, or one that may not read is not let in, and told nothing")
    func refused() throws {
        for payload in ["", "{}", #"{"token":5}"#, #"{"token":"x"}"#, "[]", token(publisher)] {
            var link = try link()
            let sent = try link.say("40\(payload)")
            #expect(sent.count == 1)
            #expect(sent.first?.hasPrefix(#"44{"message":"this needs a token"#) == true)
            #expect(try link.say(#"42["request_history"]"#) == [], "nothing is told")
            #expect(link.session.rights.selection == .run(.hidden))
            #expect(
                try link.say("40\(token(reader))").last == #"40{"sid":"M"}"#, "it may try again")
        }
    }

    private func token(_ secret: Secret) -> String { #"{"token":"\#(secret.text)"}"# }

    @Test("who shows none for too long is sent away")
    func patience() throws {
        var link = try link()
        #expect(link.session.wakeAt == Self.start + EventStreamRights.patience)
        link.now = Self.start + .seconds(9)
        #expect(link.run() == [])
        link.now = Self.start + EventStreamRights.patience
        #expect(link.run() == ["end: the client showed no token in time"])
    }

    @Test("a session ends with its token, by whatever way that was shown")
    func expiry() throws {
        let token = Secret(prefix: "")
        let now = Timestamp(microseconds: 1_000_000)
        let end = Timestamp(microseconds: 61_000_000)
        let access = Access([
            TokenSetting(name: "n", digest: token.digest, scopes: [.admin], expires: end)
        ])
        let gate = Gatekeeper(access, now: { now })
        let holder = try gate.holder(of: token)
        for shown in [holder, nil] {
            var link = EventStreamSessionTests.Link()
            link.session = EventStreamSession(
                id: "S", memberID: "M", rights: gate.eventStreamRights(of: shown, at: Self.start),
                at: Self.start)
            let payload = shown == nil ? self.token(token) : ""
            #expect(try link.say("40\(payload)").last == #"40{"sid":"M"}"#)
            link.now = Self.start + .seconds(24)
            #expect(link.run() == [])
            #expect(link.session.rights.deadline == Self.start + .seconds(60))
            link.now = Self.start + .seconds(60)
            #expect(link.run() == ["end: the token has ended"])
        }
    }

    @Test("who was known when it came needs no token to join")
    func known() throws {
        var link = EventStreamSessionTests.Link()
        link.session = EventStreamSession(
            id: "S", memberID: "M",
            rights: Gatekeeper.open.eventStreamRights(of: .everybody, at: Self.start),
            at: Self.start)
        #expect(try link.say("40").last == #"40{"sid":"M"}"#)
        #expect(link.session.rights.selection == .everything)
    }

    @Test("a WebSocket that joins later is told of its runs alone, history and live")
    func socket() async throws {
        try await withService { service, pool in
            func say(_ text: String, _ run: String) async throws {
                let event = try Event(
                    type: #require(EventType("t")),
                    data: Array(#"{"text":"\#(text)"}"#.utf8))
                _ = try await service.journal.append([Draft(event, run: try runID(run))])
            }
            try await say("secret", "hidden")
            try await say("public1", "open")
            let rights = Gatekeeper(try access()).eventStreamRights(
                of: nil, at: .uptimeNanoseconds(0))
            let bench = try await EventStreamBench(service, pool, rights: rights)
            try await say("secret", "hidden")
            try await bench.deliver()
            try await bench.say("40\(token(reader))")
            try await say("secret", "hidden")
            try await say("public2", "open")
            try await bench.deliver()
            let sent = try await bench.sent().joined(separator: "\n")
            #expect(!sent.contains("secret"))
            #expect(sent.ranges(of: "public1").count == 1)
            #expect(sent.ranges(of: "public2").count == 1)
            #expect(sent.contains(#""buffered_events":1"#))
        }
    }

    @Test("a session that was opened with a token is not open to another's")
    func owner() throws {
        let session = EventStreamSession(
            id: "S", memberID: "M", rights: .known(.everything), at: Self.start)
        let holder = try #require(try access().holder(of: reader, at: .now))
        let owned = PollingSession(session, owner: holder)
        #expect(owned.isOpen(to: holder))
        #expect(owned.isOpen(to: nil), "some clients show the token only once")
        #expect(!owned.isOpen(to: .everybody))
        #expect(PollingSession(session, owner: nil).isOpen(to: nil))
    }
}
