import Journal
import NIOCore

/// The one place that is asked whether a request may do what it asks for.
final class Gatekeeper: Sendable {
    /// Why somebody was turned away.
    enum Refusal: String, CaseIterable {
        /// No token was shown.
        case noToken = "no_token"
        /// What was shown is no token that is known here.
        case unknownToken = "unknown_token"
        /// The token lacks a scope.
        case scope
        /// What was shown is no ticket for this stream, or not any more.
        case ticket
    }

    /// Whoever comes this way may do everything.
    static let open = Gatekeeper(.open)

    /// Who is known.
    let access: Access
    private let tickets = Locked(Tickets())
    private let refusals = Locked<[Refusal: Int]>([:])
    private let now: @Sendable () -> Timestamp
    private let uptime: @Sendable () -> NIODeadline

    /// Knows those whom `access` knows; tokens end by the clock `now`, tickets by `uptime`.
    init(
        _ access: Access, now: @escaping @Sendable () -> Timestamp = { .now },
        uptime: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        self.access = access
        self.now = now
        self.uptime = uptime
    }

    /// How often somebody was turned away for that reason.
    func count(of refusal: Refusal) -> Int { refusals.withLock { $0[refusal, default: 0] } }

    /// Lets a request in where `rule` does.
    ///
    /// - Throws: ``Problem`` 401 or 403.
    func admit(_ credentials: Credentials, _ rule: AccessRule) throws(Problem) -> Holder {
        switch rule {
        // A token that is known no more does not bar what needs none.
        case .anyone: return find(credentials) ?? .nobody
        case .asksItself: return .nobody
        case .reader, .publisher, .admin: return try admit(holder(of: credentials), rule)
        }
    }

    /// Lets a request for a stream of `selection` in, by its token or by `ticket`, which is used up.
    ///
    /// - Throws: ``Problem`` 401 or 403.
    func admit(_ credentials: Credentials, ticket: String?, for selection: Selection)
        throws(Problem) -> Holder
    {
        guard let ticket else { return try admit(holder(of: credentials), .reader) }
        let now = uptime()
        let owner = tickets.withLock { $0.redeem(Secret(ticket), for: selection, at: now) }
        guard !access.isOpen else { return .everybody }
        let shown = try holder(of: credentials)
        guard let owner, owner.isGood(at: self.now()), shown == nil || shown == owner else {
            throw refuse(
                .ticket,
                Problem(
                    401,
                    "this ticket was used, is too old, or is for something else; get another by "
                        + "POST /api/tickets"))
        }
        return try admit(owner, .reader)
    }

    /// Who is to read the Event Stream; nil for who has shown no token yet.
    ///
    /// - Throws: ``Problem`` 401 or 403.
    func reader(_ credentials: Credentials) throws(Problem) -> Holder? {
        guard let holder = try holder(of: credentials) else { return nil }
        return try admit(holder, .reader)
    }

    /// What a client of the Event Stream may be told of that comes at `now`.
    func eventStreamRights(of holder: Holder?, at now: NIODeadline) -> EventStreamRights {
        if let holder { return rights(of: holder, at: now) }
        return .awaited(until: now + EventStreamRights.patience) { [self] secret, now in
            let holder = access.holder(of: secret, at: self.now())
            return holder?.mayRead == true ? holder.map { rights(of: $0, at: now) } : nil
        }
    }

    private func rights(of holder: Holder, at now: NIODeadline) -> EventStreamRights {
        let left = holder.expires.map { max(0, $0.microseconds - self.now().microseconds) }
        return .known(
            holder.visible(.everything), until: left.map { now + .microseconds($0) })
    }

    /// A ticket for a stream of `selection`.
    ///
    /// - Throws: ``Problem`` 503 when too many of the holder's wait to be used.
    func ticket(for holder: Holder, _ selection: Selection) throws(Problem) -> Secret {
        let now = uptime()
        let ticket = tickets.withLock { $0.issue(to: holder, for: selection, at: now) }
        guard let ticket else {
            throw Problem(
                503,
                "\(Tickets.holderMax) tickets of this token wait to be used; use them, or wait a "
                    + "minute")
        }
        return ticket
    }

    /// Who shows these credentials; nil for who shows none.
    ///
    /// - Throws: ``Problem`` 401 for a token that is not known.
    func holder(of credentials: Credentials) throws(Problem) -> Holder? {
        guard !access.isOpen else { return .everybody }
        let token: Secret?
        do throws(Credentials.Malformed) {
            token = try credentials.token
        } catch {
            throw refuse(
                .unknownToken,
                Problem(401, "Authorization must be Bearer and a token, and stand there once"))
        }
        guard let token else { return nil }
        return try holder(of: token)
    }

    /// Who has this token.
    ///
    /// - Throws: ``Problem`` 401 for a token that is not known.
    func holder(of token: Secret) throws(Problem) -> Holder {
        guard !access.isOpen else { return .everybody }
        guard let holder = access.holder(of: token, at: now()) else {
            throw refuse(
                .unknownToken,
                Problem(401, "this token is not known here, or has ended; ask for another"))
        }
        return holder
    }

    /// Lets a holder in where `rule` does.
    ///
    /// - Throws: ``Problem`` 401 or 403.
    func admit(_ holder: Holder?, _ rule: AccessRule) throws(Problem) -> Holder {
        do throws(Problem) {
            return try rule.admit(holder)
        } catch {
            throw refuse(error.status == 401 ? .noToken : .scope, error)
        }
    }

    private func find(_ credentials: Credentials) -> Holder? {
        guard !access.isOpen else { return .everybody }
        return (try? credentials.token).flatMap { $0 }
            .flatMap { access.holder(of: $0, at: now()) }
    }

    private func refuse(_ refusal: Refusal, _ problem: Problem) -> Problem {
        refusals.withLock { $0[refusal, default: 0] += 1 }
        return problem
    }
}
