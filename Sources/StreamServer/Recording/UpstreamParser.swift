import Journal

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads the Socket.IO events of an Event Stream service.
struct UpstreamParser: Sendable {
    /// What a Socket.IO event says.
    enum Utterance: Sendable {
        /// The service greets a new link, and tells how many events its history has.
        case greeting(buffered: Int?)
        case event(UpstreamEvent)
        /// Oldest first.
        case history([UpstreamEvent])
        /// Something else, which does not matter.
        case other
    }

    /// What is wrong with an event, in one sentence.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let filter: TypeFilter

    /// Reads the array of a Socket.IO event's name and arguments, which nobody has checked yet.
    ///
    /// `report` is called with what is wrong, for each event that makes no sense.
    func utterance(_ payload: [UInt8], report: (Fault) -> Void) -> Utterance {
        do throws(JSONError) {
            let elements = try JSONScanner.elements(in: payload)
            guard elements.count >= 2 else { return .other }
            switch String(decoding: payload[elements[0]], as: UTF8.self) {
            case #""event""#:
                return .event(event(payload, elements[1], report: report))
            case #""event_history""#:
                return .history(
                    try JSONScanner.elements(in: payload, range: elements[1])
                        .map { event(payload, $0, report: report) })
            case #""connected""#:
                return .greeting(buffered: buffered(payload[elements[1]]))
            default:
                return .other
            }
        } catch {
            report(Fault(description: "the payload is not a JSON array: \(error)"))
            return .other
        }
    }

    private func event(
        _ payload: [UInt8], _ range: Range<Int>, report: (Fault) -> Void
    ) -> UpstreamEvent {
        do {
            let envelope = try JSONScanner.envelope(in: payload, range: range)
            guard let type = envelope.type, let data = envelope.data else {
                throw Fault(description: "event_type or data is missing")
            }
            let stamp = envelope.serverTimestamp.map { payload[$0.range] }
            let key = key(payload[type.range], payload[data], stamp)
            let saidAt = envelope.serverTimestamp.flatMap { text in
                let text = text.string(in: payload)
                // The real service gives its local time, without a zone.
                return Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "Z")
            }
            guard filter.matches(type.string(in: payload)) else {
                return UpstreamEvent(key: key, content: .passed, stamp: saidAt)
            }
            guard data.count <= Journal.eventBytesMax else {
                return UpstreamEvent(key: key, content: .tooLarge, stamp: saidAt)
            }
            let event = try Event(envelope, in: payload)
            guard !event.type.isReserved else {
                report(Fault(description: "the type \(event.type) is reserved"))
                return UpstreamEvent(key: key, content: .passed, stamp: saidAt)
            }
            // Without the service's stamp two events that look alike may be two.
            let draft = Draft(event, key: stamp == nil ? nil : key)
            return UpstreamEvent(key: key, content: .recorded(draft), stamp: saidAt)
        } catch {
            report(Fault(description: "\(error)"))
            return UpstreamEvent(key: self.key(payload[range], [], nil), content: .passed)
        }
    }

    /// What an event is known by when the history repeats it: everything that it says, the
    /// service's own stamp included.
    private func key(
        _ type: ArraySlice<UInt8>, _ data: ArraySlice<UInt8>, _ stamp: ArraySlice<UInt8>?
    ) -> UInt64 {
        let stamped = Checksum.hash64(stamp ?? [], seed: 4)
        return Checksum.hash64(data, seed: Checksum.hash64(type, seed: stamped))
    }

    private func buffered(_ greeting: ArraySlice<UInt8>) -> Int? {
        struct Greeting: Decodable {
            let buffered: Int?
            enum CodingKeys: String, CodingKey { case buffered = "buffered_events" }
        }
        return (try? JSONDecoder().decode(Greeting.self, from: Data(greeting)))?.buffered
    }
}
