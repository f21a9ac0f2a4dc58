/// What every request to an address passes before it is answered.
struct Entrance: Sendable {
    /// Names that the `Host` header may have; nil on the journal's own socket.
    var hosts: HostPolicy?
    /// Other origins whose pages may use the server.
    var origins = OriginPolicy()
    /// Who may do what.
    var gate = Gatekeeper.open
    /// The connections that there are; nil where they are not counted, on the journal's own socket.
    var connections: Connections?

    /// Accepts a request for the Event Stream from a page of an allowed host or origin, or of none.
    ///
    /// - Throws: ``Problem`` 403 for a page of any other.
    func check(origins named: [String]) throws(Problem) {
        guard origins.allowed(named) == nil else { return }
        try hosts?.check(origins: named)
    }
}
