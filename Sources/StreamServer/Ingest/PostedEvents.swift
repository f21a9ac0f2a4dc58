import Journal

/// Events as they are posted: checked, and made into drafts.
struct PostedEvents: Sendable {
    /// The most bytes of data in one posted event.
    static let eventBytesMax = 1 << 20
    /// The most bytes of a body that is recorded atomically.
    static let atomicBytesMax = 8 << 20

    private(set) var drafts: [Draft] = []
    /// Whatever names the whole request, so that it can be repeated; nil where nothing does.
    private let idempotencyKey: String?
    private var count: UInt64 = 0
    private var names = NameCache()

    init(idempotencyKey: String?) {
        self.idempotencyKey = idempotencyKey
    }

    /// Adds the event in `range` of `bytes`: one JSON object with a type and data.
    ///
    /// - Throws: ``Problem`` 400 or 413, which names the event by its number in the request.
    mutating func add(_ bytes: [UInt8], _ range: Range<Int>) throws(Problem) {
        count += 1
        do throws(Problem) {
            drafts.append(try draft(bytes, range))
        } catch {
            throw count > 1 ? Problem(error.status, "event \(count): \(error.detail)") : error
        }
    }

    /// Takes the drafts so far.
    mutating func takeDrafts() -> [Draft] {
        defer { drafts = [] }
        return drafts
    }

    private mutating func draft(_ bytes: [UInt8], _ range: Range<Int>) throws(Problem) -> Draft {
        let envelope: EventEnvelope
        do {
            envelope = try JSONScanner.envelope(in: bytes, range: range)
        } catch {
            throw Problem(400, "this is not a JSON object with event_type and data: \(error)")
        }
        let event: Event
        do {
            event = try Event(envelope, in: bytes, names: &names)
        } catch {
            throw Problem(error)
        }
        guard !event.type.isReserved else {
            throw Problem(
                400, "the type \(event.type) is reserved; choose one that is not the server's own")
        }
        guard event.data.count <= PostedEvents.eventBytesMax else {
            throw Problem(
                413,
                "an event's data may have \(PostedEvents.eventBytesMax) bytes, not "
                    + "\(event.data.count)")
        }
        var run: RunID?
        if event.fields.hasRunID {
            guard let text = event.fields.runID else {
                throw Problem(400, "run_id must be a string")
            }
            run = try named(text, in: event.data)
        } else if let text = envelope.runID {
            run = try named(text, in: bytes)
        }
        return Draft(event, run: run, key: key)
    }

    private mutating func named(_ text: JSONText, in bytes: [UInt8]) throws(Problem) -> RunID {
        if let known = names.run(text, in: bytes) { return known }
        return try RequestTarget.run(text.string(in: bytes))
    }

    private var key: UInt64? {
        idempotencyKey.map { Checksum.hash64($0.utf8, seed: count) }
    }
}
