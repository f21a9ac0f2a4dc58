package import Journal
package import Logging

/// Records what one upstream says: live events, and after each (re)connect the history, of which
/// the journal keeps what it does not have.
package struct Recorder: Sendable {
    private static let retryPause = Duration.milliseconds(250)

    private let journal: Journal
    private let filter: TypeFilter
    private let logger: Logger

    package init(journal: Journal, filter: TypeFilter, logger: Logger) {
        self.journal = journal
        self.filter = filter
        self.logger = logger
    }

    /// Records a batch of Socket.IO events, in order, and returns once they are durable.
    ///
    /// A journal that is full or behind is waited for: meanwhile nothing is read from the upstream,
    /// which is better than to lose the link and all that its history does not repeat.
    ///
    /// - Throws: ``JournalError`` when the journal refuses them for good; `CancellationError`.
    package func record(_ payloads: [[UInt8]]) async throws {
        var drafts: [Draft] = []
        for payload in payloads { drafts += self.drafts(of: payload) }
        guard !drafts.isEmpty else { return }
        var isTold = false
        while true {
            do throws(JournalError) {
                _ = try await journal.append(drafts, atomically: false)
                return
            } catch {
                guard error.code == .overloaded || error.code == .diskFull else { throw error }
                if !isTold {
                    logger.error("recording waits for the journal", metadata: ["error": "\(error)"])
                    isTold = true
                }
            }
            try await Task.sleep(for: Recorder.retryPause)
        }
    }

    /// The events in one Socket.IO event: `["event",{…}]` has one, `["event_history",[…]]` many.
    private func drafts(of payload: [UInt8]) -> [Draft] {
        do {
            let elements = try JSONScanner.elements(in: payload)
            guard elements.count >= 2 else { return [] }
            switch String(decoding: payload[elements[0]], as: UTF8.self) {
            case #""event""#:
                return [draft(payload, elements[1])].compactMap { $0 }
            case #""event_history""#:
                return try JSONScanner.elements(in: payload, range: elements[1])
                    .compactMap { draft(payload, $0) }
            default:
                return []
            }
        } catch {
            logger.warning("the upstream sent what is no event", metadata: ["problem": "\(error)"])
            return []
        }
    }

    /// The event in `range`; nil when its type is not recorded, or it is no event.
    private func draft(_ payload: [UInt8], _ range: Range<Int>) -> Draft? {
        do {
            let envelope = try JSONScanner.envelope(in: payload, range: range)
            guard let type = envelope.type, filter.matches(type.string(in: payload)) else {
                return nil
            }
            let event = try Event(envelope, in: payload)
            guard !event.type.isReserved else {
                logger.warning(
                    "the upstream sent a reserved type", metadata: ["type": "\(event.type)"])
                return nil
            }
            return Draft(event, key: key(of: event, envelope, payload))
        } catch {
            logger.warning("the upstream sent what is no event", metadata: ["problem": "\(error)"])
            return nil
        }
    }

    /// What an event of the upstream is known by when its history repeats it: everything that it
    /// says, the server's own stamp included.
    private func key(of event: Event, _ envelope: EventEnvelope, _ payload: [UInt8]) -> UInt64 {
        let stamp = envelope.serverTimestamp.map { Array(payload[$0.range]) } ?? []
        let named = Checksum.hash64(event.type.name.utf8, seed: Checksum.hash64(stamp, seed: 4))
        return Checksum.hash64(event.data, seed: named)
    }
}
