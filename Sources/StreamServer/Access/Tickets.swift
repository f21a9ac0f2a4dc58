import Journal
import NIOCore

/// Tickets that wait to be used: each opens one stream, once, within a minute.
///
/// For an `EventSource`, which cannot send a token: the ticket stands in the address, where logs may
/// keep it, and is worth nothing once it is used. A pure state machine: time is an argument.
struct Tickets: Sendable {
    /// How long a ticket may be used.
    static let lifetime = TimeAmount.seconds(60)
    /// Tickets of one holder that wait at once, at most.
    static let holderMax = 1000
    /// What tickets begin with.
    static let prefix = "ticket_"

    private struct Ticket {
        let holder: Holder
        let selection: Selection
        let deadline: NIODeadline
    }

    private var waiting: [SecretDigest: Ticket] = [:]

    /// How many wait, those among them whose time is up.
    var count: Int { waiting.count }

    /// A ticket with which `holder` may open a stream of `selection`; nil when too many of theirs
    /// wait.
    mutating func issue(to holder: Holder, for selection: Selection, at now: NIODeadline) -> Secret?
    {
        waiting = waiting.filter { $0.value.deadline > now }
        guard waiting.values.count(where: { $0.holder == holder }) < Tickets.holderMax else {
            return nil
        }
        let secret = Secret(prefix: Tickets.prefix)
        waiting[secret.digest] = Ticket(
            holder: holder, selection: selection, deadline: now + Tickets.lifetime)
        return secret
    }

    /// Whose ticket `secret` is; nil when it is none, too old, or for another stream.
    ///
    /// It is used up in any case.
    mutating func redeem(_ secret: Secret, for selection: Selection, at now: NIODeadline) -> Holder?
    {
        guard secret.isWellFormed,
            let ticket = waiting.removeValue(forKey: secret.digest), ticket.deadline > now,
            ticket.selection == selection
        else { return nil }
        return ticket.holder
    }
}
