import Journal
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a client of the Event Stream may be told of.
enum EventStreamRights: Sendable {
    /// Who it is was known when it came. No way out.
    case known(Selection)
    /// It has shown no token, and has until then to do so when it joins. → known
    case awaited(Access, until: NIODeadline)

    /// How long a client may stay that shows no token.
    static let patience = TimeAmount.seconds(10)

    private struct Payload: Decodable {
        let token: String
    }

    /// What `holder` may be told of.
    init(_ holder: Holder) {
        self = .known(holder.visible(.everything))
    }

    /// The runs that the client is told of.
    var selection: Selection {
        switch self {
        case .known(let selection): selection
        case .awaited: .run(.hidden)
        }
    }

    /// Until when a token must be shown; nil where none is awaited.
    var deadline: NIODeadline? {
        switch self {
        case .known: nil
        case .awaited(_, let deadline): deadline
        }
    }

    /// The client asks to join, with `{"token":"…"}` unless it is known.
    ///
    /// - Returns: whether it may be told of anything.
    mutating func join(with payload: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .known:
            return true
        case .awaited(let access, _):
            guard let shown = try? JSONDecoder().decode(Payload.self, from: Data(payload)),
                let holder = access.holder(of: Secret(shown.token)), holder.mayRead
            else { return false }
            self = EventStreamRights(holder)
            return true
        }
    }
}
