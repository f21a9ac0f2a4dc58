/// Who may use a route.
///
/// Every route has one: see ``RouteTable``.
enum AccessRule: String, Sendable {
    /// Anyone; who shows a token may be told more.
    case anyone
    /// Who may read some run; the route shows no other than those.
    case reader
    /// Who may post events.
    case publisher
    /// Who may do everything.
    case admin
    /// The route asks by itself, since a request's headers are not all that can show a token: a
    /// stream, or the Event Stream.
    case asksItself

    /// What is wrong with a request that shows no token.
    static let unknown = Problem(
        401, "this needs a token; send it as Authorization: Bearer, or log in on the page")

    /// Lets a holder in; nil for one who has shown nothing.
    ///
    /// - Throws: ``Problem`` 401 or 403.
    func admit(_ holder: Holder?) throws(Problem) -> Holder {
        let isAllowed: (Holder) -> Bool
        let scope: String
        switch self {
        case .anyone, .asksItself: return holder ?? .nobody
        case .reader: (isAllowed, scope) = ({ $0.mayRead }, "read:…")
        case .publisher: (isAllowed, scope) = ({ $0.mayPublish }, "publish")
        case .admin: (isAllowed, scope) = ({ $0.isAdmin }, "admin")
        }
        guard let holder else { throw AccessRule.unknown }
        guard isAllowed(holder) else {
            throw Problem(403, "this token may not do that; it lacks the scope \(scope)")
        }
        return holder
    }
}
