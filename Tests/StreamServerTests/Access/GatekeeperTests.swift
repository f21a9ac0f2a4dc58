import Journal
import NIOCore
import Testing

@testable import StreamServer

@Suite("Gatekeeper")
struct GatekeeperTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    /// A gatekeeper who knows a reader of runs `a…`, another, and a publisher; and its clock.
    private struct Gate {
        let reader = Secret(prefix: "")
        let other = Secret(prefix: "")
        let publisher = Secret(prefix: "")
        let now = Locked(GatekeeperTests.start)
        let keeper: Gatekeeper

        init() throws {
            let pattern = try #require(RunPattern("a*"))
            let now = now
            keeper = Gatekeeper(
                Access([
                    TokenSetting(name: "reader", digest: reader.digest, scopes: [.read(pattern)]),
                    TokenSetting(name: "other", digest: other.digest, scopes: [.read(pattern)]),
                    TokenSetting(name: "publisher", digest: publisher.digest, scopes: [.publish]),
                ]), uptime: { now.withLock { $0 } })
        }

        func pass(_ seconds: Int64) { now.withLock { $0 = $0 + .seconds(seconds) } }

        func admit(_ secret: Secret?, ticket: Secret?, _ selection: Selection) throws -> Holder {
            try keeper.admit(credentials(secret), ticket: ticket?.text, for: selection)
        }

        /// Whether somebody is turned away, and why.
        func refuses(_ refusal: Gatekeeper.Refusal, _ status: Int, _ work: () throws -> Void)
            -> Bool
        {
            let before = keeper.count(of: refusal)
            return isRefused(status, work) && keeper.count(of: refusal) == before + 1
        }
    }

    @Test("a token opens what its scopes allow, and each refusal is counted by its reason")
    func tokens() throws {
        let gate = try Gate()
        #expect(try gate.keeper.admit(credentials(gate.reader), .reader).name == "reader")
        #expect(try gate.keeper.admit(credentials(gate.publisher), .publisher).name == "publisher")
        #expect(
            gate.refuses(.scope, 403) {
                _ = try gate.keeper.admit(credentials(gate.reader), .publisher)
            })
        #expect(
            gate.refuses(.noToken, 401) { _ = try gate.keeper.admit(credentials(nil), .reader) })
        let wrong = credentials(Secret(prefix: ""))
        #expect(gate.refuses(.unknownToken, 401) { _ = try gate.keeper.admit(wrong, .reader) })
        #expect(try gate.keeper.admit(wrong, .anyone) == .nobody, "anyone needs no token")
        #expect(try gate.keeper.admit(credentials(gate.reader), .anyone).name == "reader")
    }

    @Test("without tokens everybody may do everything, whatever they show")
    func open() throws {
        let shown = credentials(Secret(prefix: ""))
        #expect(try Gatekeeper.open.admit(shown, .admin) == .everybody)
        let open = Gatekeeper(.open)
        #expect(try open.admit(shown, ticket: "x", for: .all) == .everybody)
        for _ in 0..<2 * Tickets.holderMax {
            let ticket = try open.ticket(for: .everybody, .all)
            #expect(try open.admit(shown, ticket: ticket.text, for: .all) == .everybody)
        }
    }

    // MARK: Tickets

    @Test("a ticket opens its stream once")
    func once() throws {
        let gate = try Gate()
        let run = Selection.run(try runID("a1"))
        let reader = try gate.keeper.holder(of: gate.reader)
        let ticket = try gate.keeper.ticket(for: reader, run)
        #expect(try gate.admit(nil, ticket: ticket, run) == reader)
        #expect(gate.refuses(.ticket, 401) { _ = try gate.admit(nil, ticket: ticket, run) })
        #expect(
            gate.refuses(.ticket, 401) { _ = try gate.admit(gate.reader, ticket: ticket, run) },
            "a token does not mend it")
    }

    @Test("a ticket opens no other stream, and is used up by the try")
    func bound() throws {
        let gate = try Gate()
        let reader = try gate.keeper.holder(of: gate.reader)
        let (one, two) = (try runID("a1"), try runID("a2"))
        for (asked, used) in [
            (Selection.run(one), Selection.run(two)), (.run(one), .all), (.all, .run(one)),
            (.runs([one, two]), .run(one)), (.run(one), .runs([one, two])),
        ] {
            let ticket = try gate.keeper.ticket(for: reader, asked)
            #expect(gate.refuses(.ticket, 401) { _ = try gate.admit(nil, ticket: ticket, used) })
            #expect(gate.refuses(.ticket, 401) { _ = try gate.admit(nil, ticket: ticket, asked) })
        }
    }

    @Test("a ticket is of no use to another holder")
    func holders() throws {
        let gate = try Gate()
        let reader = try gate.keeper.holder(of: gate.reader)
        for wrong in [gate.other, gate.publisher] {
            let ticket = try gate.keeper.ticket(for: reader, .all)
            #expect(gate.refuses(.ticket, 401) { _ = try gate.admit(wrong, ticket: ticket, .all) })
        }
        let ticket = try gate.keeper.ticket(for: reader, .all)
        #expect(try gate.admit(gate.reader, ticket: ticket, .all) == reader)
    }

    @Test("a ticket is good for less than a minute")
    func expiry() throws {
        let gate = try Gate()
        let reader = try gate.keeper.holder(of: gate.reader)
        let (young, old) = (
            try gate.keeper.ticket(for: reader, .all), try gate.keeper.ticket(for: reader, .all)
        )
        gate.pass(59)
        #expect(try gate.admit(nil, ticket: young, .all) == reader)
        gate.pass(1)
        #expect(gate.refuses(.ticket, 401) { _ = try gate.admit(nil, ticket: old, .all) })
    }

    @Test("a ticket ends with the token that it was given for")
    func ticketOfToken() throws {
        let token = Secret(prefix: "")
        let wall = Locked(Timestamp(microseconds: 1))
        let setting = TokenSetting(
            name: "n", digest: token.digest, scopes: [.admin],
            expires: Timestamp(microseconds: 2))
        let keeper = Gatekeeper(Access([setting]), now: { wall.withLock { $0 } })
        let ticket = try keeper.ticket(for: keeper.holder(of: token), .all)
        wall.withLock { $0 = Timestamp(microseconds: 2) }
        #expect(
            isRefused(401) {
                _ = try keeper.admit(GatekeeperTests.noCredentials, ticket: ticket.text, for: .all)
            })
        #expect(isRefused(401) { _ = try keeper.holder(of: token) })
    }

    private static let noCredentials = Credentials(host: nil) { _ in [] }

    @Test("so many tickets of one holder wait and no more, until some are used or too old")
    func bounds() throws {
        var tickets = Tickets()
        let (a, b) = (Holder(name: "a", scopes: []), Holder(name: "b", scopes: []))
        let first = tickets.issue(to: a, for: .all, at: GatekeeperTests.start)
        for _ in 1..<Tickets.holderMax {
            #expect(tickets.issue(to: a, for: .all, at: GatekeeperTests.start) != nil)
        }
        #expect(tickets.issue(to: a, for: .all, at: GatekeeperTests.start) == nil)
        #expect(tickets.issue(to: b, for: .all, at: GatekeeperTests.start) != nil)
        #expect(tickets.redeem(try #require(first), for: .all, at: GatekeeperTests.start) == a)
        #expect(tickets.issue(to: a, for: .all, at: GatekeeperTests.start) != nil)
        let later = GatekeeperTests.start + Tickets.lifetime
        #expect(tickets.issue(to: a, for: .all, at: later) != nil)
        #expect(tickets.count == 1, "what is too old is forgotten")
    }
}

private func credentials(_ secret: Secret?) -> Credentials {
    let headers = secret.map { [("Authorization", "Bearer \($0.text)")] } ?? []
    return Credentials(host: "h") { name in headers.filter { $0.0 == name }.map(\.1) }
}
