import Journal
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a client of the Event Stream may be told of.
enum EventStreamRights: Sendable {
    /// Who it is is known, and what it may be told of until its token ends. No way out.
    case known(Selection, until: NIODeadline? = nil)
    /// It has shown no token, and has until then to do so when it joins. → known
    case awaited(
        until: NIODeadline, rights: @Sendable (Secret, NIODeadline) -> EventStreamRights?)

    /// How long a client may stay that shows no token.
    static let patience = TimeAmount.seconds(10)

    private struct Payload: Decodable {
        let token: String
    }

    /// The runs that the client is told of.
    var selection: Selection {
        switch self {
        case .known(let selection, _): selection
        case .awaited: .run(.hidden)
        }
    }

    /// When they end, unless something happens before; nil for never.
    var deadline: NIODeadline? {
        switch self {
        case .known(_, let deadline): deadline
        case .awaited(let deadline, _): deadline
        }
    }

    /// Why they end, as the client is told.
    var endReason: String {
        switch self {
        case .known: "the token has ended"
        case .awaited: "the client showed no token in time"
        }
    }

    /// The client asks to join at `now`, with `{"token":"…"}` unless it is known.
    ///
    /// - Returns: whether it may be told of anything.
    mutating func join(with payload: ArraySlice<UInt8>, at now: NIODeadline) -> Bool {
        switch self {
        case .known:
            return true
        case .awaited(_, let rights):
            guard let shown = try? JSONDecoder().decode(Payload.self, from: Data(payload)),
                let found = rights(Secret(shown.token), now)
            else { return false }
            self = found
            return true
        }
    }
}
