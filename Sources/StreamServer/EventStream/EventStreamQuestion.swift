import Journal

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an event from a client asks.
enum EventStreamQuestion: Hashable, Sendable {
    /// `request_history`: the last events again, this many at most.
    case history(limit: Int)
    /// Nothing that is answered here.
    case other

    private struct Argument: Decodable {
        let limit: Int?
    }

    /// Reads an event's payload: `["request_history"]`, or with `{"limit":1…100}`; any other limit
    /// counts as none.
    ///
    /// - Throws: ``FrameFault/payload`` unless it is a JSON array that begins with a name.
    init(_ payload: ArraySlice<UInt8>) throws(FrameFault) {
        let bytes = Array(payload)
        guard let elements = try? JSONScanner.elements(in: bytes), let name = elements.first,
            bytes[name].first == UInt8(ascii: "\"")
        else { throw .payload }
        guard bytes[name].elementsEqual(#""request_history""#.utf8) else {
            self = .other
            return
        }
        let argument = elements.dropFirst().first
            .flatMap { try? JSONDecoder().decode(Argument.self, from: Data(bytes[$0])) }
        let limits = 1...EventStreamRead.historyMax
        let limit = argument?.limit.flatMap { limits.contains($0) ? $0 : nil }
        self = .history(limit: limit ?? EventStreamRead.historyMax)
    }
}
