/// Which values of the `Host` header are ours: a defence against pages on other names that
/// resolve to this machine (DNS rebinding).
///
/// And whose pages may use what a browser lets any page use: WebSockets, and requests that it sends
/// without asking.
package struct HostPolicy: Hashable, Sendable {
    /// Host names that are accepted, in lower case and without a port.
    private var names: Set<String>

    /// Accepts loopback names and `extra` ones.
    package init(allowing extra: some Sequence<String> = []) {
        names = ["localhost", "127.0.0.1", "[::1]"]
        names.formUnion(extra.map { $0.contains(":") ? "[\($0.lowercased())]" : $0.lowercased() })
    }

    /// Accepts a request whose `Host` header is `host`.
    ///
    /// - Throws: ``Problem`` 421 when the name is not ours, or missing.
    package func check(_ host: String?) throws(Problem) {
        guard let host, names.contains(HostPolicy.name(of: host)) else {
            throw Problem(
                421, "this server does not answer for that Host; name it with --allow-host")
        }
    }

    /// Accepts a request from a page of one of the hosts, and one that comes from no page.
    ///
    /// - Parameter origins: the values of the `Origin` header, of which a browser sends one.
    /// - Throws: ``Problem`` 403 when the page is of another host, or of none (`null`).
    package func check(origins: [String]) throws(Problem) {
        for origin in origins {
            let parts = origin.lowercased().split(
                separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "http" || parts[0] == "https",
                names.contains(HostPolicy.name(of: String(parts[1])))
            else {
                throw Problem(
                    403,
                    "pages of that Origin may not use the Event Stream; name their host with "
                        + "--allow-host")
            }
        }
    }

    private static func name(of host: String) -> String {
        let host = host.lowercased()
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return host }
            let port = host[host.index(after: end)...]
            return port.isEmpty || port.hasPrefix(":") ? String(host[...end]) : host
        }
        return host.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first
            .map(String.init) ?? host
    }
}
