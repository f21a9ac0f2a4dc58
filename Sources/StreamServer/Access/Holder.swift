package import Journal

/// Whoever a request is from, by what they may do.
package struct Holder: Hashable, Sendable {
    /// What somebody may read.
    private enum Reading: Hashable, Sendable {
        case nothing
        case everything
        case runs(RunFilter)
    }

    /// Whoever asks where nobody needs a token: may do everything.
    package static let everybody = Holder(name: nil, scopes: [.admin])
    /// Somebody who has shown nothing: may do what anyone may.
    static let nobody = Holder(name: nil, scopes: [])

    /// What the token is called; nil for nobody's.
    let name: String?
    /// When the token ends; nil for never.
    let expires: Timestamp?
    /// Whether events may be posted.
    let mayPublish: Bool
    /// Whether everything may be done.
    let isAdmin: Bool
    private let reading: Reading

    /// The holder of a token with these scopes.
    package init(name: String?, scopes: some Sequence<Scope>, expires: Timestamp? = nil) {
        var patterns: [RunPattern] = []
        var (mayPublish, isAdmin) = (false, false)
        for scope in scopes {
            switch scope {
            case .publish: mayPublish = true
            case .read(let pattern): patterns.append(pattern)
            case .admin: isAdmin = true
            }
        }
        self.name = name
        self.expires = expires
        self.mayPublish = mayPublish || isAdmin
        self.isAdmin = isAdmin
        reading =
            if isAdmin || patterns.contains(where: \.isAny) {
                .everything
            } else if patterns.isEmpty {
                .nothing
            } else {
                .runs(RunFilter(patterns.map(\.names)))
            }
    }

    /// Whether the token is still good at `now`.
    func isGood(at now: Timestamp) -> Bool {
        expires.map { now < $0 } ?? true
    }

    /// Whether there are runs that may be read, be they there or not.
    var mayRead: Bool { reading != .nothing }

    /// Whether this run may be read.
    func mayRead(_ run: RunID) -> Bool {
        switch reading {
        case .nothing: false
        case .everything: true
        case .runs(let filter): filter.contains(run)
        }
    }

    /// The run to look up for a question about `run`: one that may not be read is answered like
    /// one that there is not, and with the same work.
    func visible(_ run: RunID) -> RunID {
        mayRead(run) ? run : .hidden
    }

    /// The selection to read for a question about `asked`.
    func visible(_ asked: Selection) -> Selection {
        switch reading {
        case .nothing:
            return .run(.hidden)
        case .everything:
            return asked
        case .runs(let filter):
            switch asked {
            case .run(let run): return .run(visible(run))
            case .runs(let runs): return .runs(Set(runs.map { visible($0) }))
            case .all: return .matching(filter.withoutUnassigned)
            case .everything: return .matching(filter)
            // Nobody asks by a filter: it is what questions are answered by.
            case .matching: return .run(.hidden)
            }
        }
    }
}
