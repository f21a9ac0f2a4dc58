import NIOCore
import StreamServer
import Testing

@Suite("Socket.IO session")
struct SocketIOSessionTests {
    typealias Action = SocketIOSession.Action

    static let open = #"0{"sid":"x","upgrades":[],"pingTimeout":20000,"pingInterval":25000}"#
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    /// A session and its clock, which stands still unless moved.
    struct Link {
        var session: SocketIOSession
        var now = SocketIOSessionTests.start
        let started: [Action]

        init(_ configuration: SocketIOSession.Configuration = .init()) {
            (session, started) = SocketIOSession.start(configuration, at: now)
        }

        mutating func text(_ frame: String) -> [Action] {
            session.receive(text: Array(frame.utf8), at: now)
        }
    }

    private func joined(_ configuration: SocketIOSession.Configuration = .init()) -> Link {
        var link = Link(configuration)
        _ = link.text(Self.open)
        _ = link.text(#"40\#(configuration.namespace == .root ? "" : "/chat,"){"sid":"y"}"#)
        #expect(link.session.isJoined)
        #expect(link.session.time(at: Self.start + .seconds(1)).first == .settled)
        return link
    }

    private func event(_ payload: String, acknowledging id: UInt64? = nil) -> Action {
        .deliver(Array(payload.utf8), acknowledging: id)
    }

    // MARK: Joining

    @Test("the open packet is answered with a request to join at once")
    func open() {
        var link = Link()
        #expect(link.started == [.schedule(link.now + .seconds(5))])
        #expect(link.text(Self.open) == [.opened, .send("40")])
        #expect(!link.session.isJoined)
        #expect(link.text(#"40{"sid":"y"}"#) == [.schedule(link.now + .seconds(1))])
        #expect(link.session.isJoined)
    }

    @Test("a second after the answer the history has had its time, once")
    func settled() {
        var link = Link()
        _ = link.text(Self.open)
        #expect(
            link.session.time(at: link.now + .seconds(29)) == [.schedule(link.now + .seconds(30))])
        link.now = link.now + .seconds(29)
        _ = link.text(#"40{"sid":"y"}"#)
        #expect(
            link.session.time(at: link.now + .milliseconds(999))
                == [.schedule(link.now + .seconds(1))])
        #expect(
            link.session.time(at: link.now + .seconds(1))
                == [.settled, .schedule(link.now + .seconds(45))])
        #expect(
            link.session.time(at: link.now + .seconds(2))
                == [.schedule(link.now + .seconds(45))])
    }

    @Test("greeting and history that come before the answer are delivered")
    func historyBeforeAnswer() {
        var link = Link()
        _ = link.text(Self.open)
        let greeting = #"["connected",{"status":"connected","buffered_events":2}]"#
        let history = #"["event_history",[{"event_type":"a"},{"event_type":"b"}]]"#
        #expect(link.text("42" + greeting) == [event(greeting)])
        #expect(link.text("42" + history) == [event(history)])
        _ = link.text(#"40{"sid":"y"}"#)
        #expect(link.text(#"42["event",{}]"#) == [event(#"["event",{}]"#)])
    }

    @Test("token and namespace go into the request to join")
    func token() throws {
        var link = Link(.init(token: "a\"b\\c\n"))
        #expect(link.text(Self.open) == [.opened, .send(#"40{"token":"a\"b\\c\u000a"}"#)])
        link = Link(.init(namespace: try SocketIONamespace("/chat")))
        #expect(link.text(Self.open) == [.opened, .send("40/chat,")])
        link = Link(.init(namespace: try SocketIONamespace("/chat"), token: "é"))
        #expect(link.text(Self.open) == [.opened, .send(#"40/chat,{"token":"é"}"#)])
    }

    @Test("a malformed open packet ends the link")
    func malformedOpen() {
        var link = Link()
        #expect(
            link.text("0{}") == [
                .malformed(.handshake), .close(reason: "the open packet is malformed"),
            ])
        #expect(link.text(Self.open) == [])
    }

    @Test("what comes before the open packet is reported and skipped")
    func early() {
        var link = Link()
        #expect(link.text(#"42["event",{}]"#) == [.malformed(.order)])
        #expect(link.text("!") == [.malformed(.engineType(UInt8(ascii: "!")))])
        #expect(link.session.receiveBinary(at: link.now) == [.malformed(.strayAttachment)])
        #expect(link.text(Self.open) == [.opened, .send("40")])
        #expect(link.text(Self.open) == [.malformed(.order)])
    }

    // MARK: Ends

    @Test("after a refusal the client closes the socket")
    func refused() {
        var link = Link()
        _ = link.text(Self.open)
        #expect(
            link.text(#"44{"message":"no way"}"#) == [
                .close(reason: #"the service refused the connection: {"message":"no way"}"#)
            ])
        #expect(link.text(#"42["event",{}]"#) == [])
        #expect(link.session.transportClosed("x") == [])
    }

    @Test("a refusal's text is cut and cleaned")
    func refusalExcerpt() {
        var link = Link()
        _ = link.text(Self.open)
        let actions = link.text("44\"\n\u{1b}" + String(repeating: "x", count: 5000))
        guard case .close(let reason)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(reason.utf8.count < 300)
        #expect(!reason.contains("\n") && !reason.contains("\u{1b}"))
    }

    @Test("after a disconnect of the namespace the client closes the socket")
    func disconnected() {
        var link = joined()
        #expect(link.text("41") == [.close(reason: "the service ended the namespace /")])
    }

    @Test("the end of the session and of the transport are told once")
    func ends() {
        var link = joined()
        #expect(link.text("1") == [.close(reason: "the service ended the session")])
        link = joined()
        #expect(link.session.transportClosed("reset") == [.close(reason: "reset")])
        #expect(link.session.transportClosed("reset") == [])
        #expect(link.session.time(at: link.now + .hours(1)) == [])
        #expect(link.session.resume(at: link.now) == [])
        #expect(link.session.delivered(acknowledging: 1) == [])
    }

    // MARK: Time

    @Test("a ping is answered, with what it carries")
    func ping() {
        var link = joined()
        #expect(link.text("2") == [.send("3")])
        #expect(link.text("2probe") == [.send("3probe")])
        for frame in ["6", "3", "5"] { #expect(link.text(frame) == []) }
    }

    @Test("silence for ping interval and timeout means that the link is dead")
    func silence() {
        var link = joined()
        link.now = Self.start + .seconds(30)
        #expect(link.text("2") == [.send("3")])
        let dead = Self.start + .seconds(75)
        #expect(link.session.time(at: Self.start + .seconds(45)) == [.schedule(dead)])
        #expect(link.session.time(at: dead - .nanoseconds(1)) == [.schedule(dead)])
        #expect(
            link.session.time(at: dead) == [
                .close(reason: "nothing was heard for ping interval and timeout")
            ])
    }

    @Test("bytes of a frame that is not whole yet break the silence, as binary frames do")
    func partialFrames() {
        var link = joined()
        link.session.heard(at: Self.start + .seconds(40))
        #expect(
            link.session.time(at: Self.start + .seconds(45))
                == [.schedule(Self.start + .seconds(85))])
        _ = link.session.receiveBinary(at: Self.start + .seconds(80))
        #expect(
            link.session.time(at: Self.start + .seconds(85))
                == [.schedule(Self.start + .seconds(125))])
    }

    @Test("an open packet that does not come in time ends the link")
    func openTimeout() {
        var link = Link()
        #expect(
            link.session.time(at: Self.start + .seconds(5)) == [
                .close(reason: "no open packet came in time")
            ])
    }

    @Test("a request to join is given up if neither an answer nor an event comes")
    func joinTimeout() {
        var link = Link()
        _ = link.text(Self.open)
        link.now = Self.start + .seconds(20)
        _ = link.text(#"42["event_history",[]]"#)
        #expect(
            link.session.time(at: Self.start + .seconds(30))
                == [.settled, .schedule(Self.start + .seconds(50))])
        _ = link.session.receive(text: Array("2".utf8), at: Self.start + .seconds(45))
        #expect(
            link.session.time(at: Self.start + .seconds(50)) == [
                .close(reason: "the request to join the namespace was not answered in time")
            ])
    }

    @Test("a heartbeat shorter than the time to open asks to be woken earlier")
    func shortHeartbeat() {
        var link = Link()
        #expect(
            link.text(#"0{"pingInterval":100,"pingTimeout":200}"#) == [
                .opened, .send("40"), .schedule(Self.start + .milliseconds(300)),
            ])
    }

    @Test("while nobody reads the socket, its silence kills nothing")
    func pause() {
        var link = joined()
        link.session.pause()
        #expect(link.session.time(at: Self.start + .hours(1)) == [])
        let resumed = Self.start + .hours(2)
        #expect(link.session.resume(at: resumed) == [.schedule(resumed + .seconds(45))])
        #expect(link.session.resume(at: resumed) == [])
    }

    // MARK: Events

    @Test("an event with an ack id is acknowledged once it is delivered")
    func acknowledgement() throws {
        var link = joined()
        #expect(link.text(#"4217["event",{}]"#) == [event(#"["event",{}]"#, acknowledging: 17)])
        #expect(link.session.delivered(acknowledging: 17) == [.send("4317[]")])
        link = joined(.init(namespace: try SocketIONamespace("chat")))
        #expect(link.session.delivered(acknowledging: 0) == [.send("43/chat,0[]")])
        #expect(link.text("4312[]") == [])
    }

    @Test("packets of other namespaces are ignored")
    func namespaces() throws {
        var link = joined()
        for frame in [#"42/chat,["event",{}]"#, "41/chat", "44/chat,{}", "40/chat,{}"] {
            #expect(link.text(frame) == [])
        }
        link = joined(.init(namespace: try SocketIONamespace("chat")))
        for frame in [#"42["event",{}]"#, "41", "44{}", #"42/chats,["event",{}]"#] {
            #expect(link.text(frame) == [])
        }
        #expect(link.text(#"42/chat,["event",{}]"#) == [event(#"["event",{}]"#)])
        #expect(
            link.text("41/chat,") == [.close(reason: "the service ended the namespace /chat")])
    }

    @Test("a binary event is skipped with its attachments, and acknowledged")
    func binary() {
        var link = joined()
        #expect(link.text(#"452-9["event",{"_placeholder":true,"num":0},1]"#) == [])
        #expect(link.session.receiveBinary(at: link.now) == [])
        #expect(link.text("2") == [.send("3")])
        #expect(
            link.session.receiveBinary(at: link.now)
                == [.ignoredBinaryEvent(attachments: 2), .send("439[]")])
        #expect(link.text(#"42["event",{}]"#) == [event(#"["event",{}]"#)])
        #expect(link.text(#"450-["event"]"#) == [.ignoredBinaryEvent(attachments: 0)])
        #expect(link.session.receiveBinary(at: link.now) == [.malformed(.strayAttachment)])
    }

    @Test("attachments of other namespaces and of acks are skipped silently")
    func foreignBinary() {
        var link = joined()
        #expect(link.text(#"451-/chat,["event"]"#) == [])
        #expect(link.session.receiveBinary(at: link.now) == [])
        #expect(link.text("461-3[]") == [])
        #expect(link.session.receiveBinary(at: link.now) == [])
        #expect(link.text("460-3[]") == [])
    }

    @Test("missing attachments are reported, and what came instead is delivered")
    func missingAttachments() {
        var link = joined()
        _ = link.text(#"453-["event"]"#)
        _ = link.session.receiveBinary(at: link.now)
        #expect(
            link.text(#"42["event",{}]"#)
                == [.malformed(.missingAttachments(2)), event(#"["event",{}]"#)])
        _ = link.text(#"451-["event"]"#)
        #expect(
            link.text("42")
                == [.malformed(.missingAttachments(1)), .malformed(.payload)])
    }

    @Test("a malformed frame is reported and skipped")
    func malformed() {
        var link = joined()
        #expect(link.text("") == [.malformed(.empty)])
        #expect(link.text("4") == [.malformed(.empty)])
        #expect(link.text("x") == [.malformed(.engineType(UInt8(ascii: "x")))])
        #expect(link.text("42{}") == [.malformed(.payload)])
        #expect(link.text(#"42["event",{}]"#) == [event(#"["event",{}]"#)])
    }

    @Test("random frames never trap, and after the close nothing follows", arguments: 0..<8)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let heads = ["0", "1", "2", "3", "40", "41", "42", "43", "44", "451-", "462-", "7", ""]
        let tails = [
            "", "[]", "{}", "/a,", "/,[]", "17[]", #"["event"]"#, "[[[[", "\u{0}", "é",
            #"{"pingInterval":1,"pingTimeout":1}"#,
        ]
        for _ in 0..<60 {
            var link = Link()
            var isOpen = false
            var isClosed = false
            for step in 0..<40 {
                link.now = link.now + .milliseconds(Int64(step))
                var frame = Array(
                    ((heads.randomElement(using: &generator) ?? "")
                        + (tails.randomElement(using: &generator) ?? "")).utf8)
                if !frame.isEmpty, Int.random(in: 0..<4, using: &generator) == 0 {
                    let index = Int.random(in: frame.indices, using: &generator)
                    frame[index] = UInt8.random(in: 0...255, using: &generator)
                }
                let actions =
                    switch Int.random(in: 0..<8, using: &generator) {
                    case 0: link.session.receiveBinary(at: link.now)
                    case 1: link.session.time(at: link.now)
                    default: link.session.receive(text: frame, at: link.now)
                    }
                #expect(!isClosed || actions.isEmpty)
                for action in actions {
                    #expect(!isClosed)
                    switch action {
                    case .opened:
                        #expect(!isOpen)
                        isOpen = true
                    case .deliver, .ignoredBinaryEvent, .send: #expect(isOpen)
                    case .close: isClosed = true
                    case .malformed, .schedule, .settled: break
                    }
                }
            }
        }
    }
}
