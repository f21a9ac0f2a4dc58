/// What makes two events the same: hashes by which a duplicate is found.
///
/// A hit is compared byte for byte before it counts, so two events with equal hashes are both kept.
struct Identity: Hashable, Sendable {
    /// Of run, type and data, where the data has a `message_id`.
    var message: UInt64?
    /// Of run, type, data and origin, for imports.
    var origin: UInt64?
    /// Of run, key and type, and of the `message_id`, or, where the data has none, of the data.
    var key: UInt64?

    /// The hashes that there are.
    var hashes: [UInt64] {
        var all: [UInt64] = []
        forEachHash { all.append($0) }
        return all
    }

    /// Whether there is no hash: the event is never a duplicate.
    var isEmpty: Bool { message == nil && origin == nil && key == nil }

    /// Calls `body` with each hash that there is.
    func forEachHash(_ body: (UInt64) -> Void) {
        if let message { body(message) }
        if let origin { body(origin) }
        if let key { body(key) }
    }

    private init(
        run: RunID, type: EventType, data: [UInt8], messageID: JSONText?, origin: EventID?,
        key: UInt64?, seed: UInt64? = nil
    ) {
        let epoch = origin?.epoch
        guard messageID != nil || key != nil || epoch != nil else { return }
        let typeHash = Checksum.hash64(type.name.utf8, seed: seed ?? Identity.seed(of: run))
        let content = Checksum.hash64(data, seed: typeHash)
        if messageID != nil { message = content }
        if let key {
            self.key = Identity.hash(
                key: key,
                seed: messageID.map { Identity.hash($0, in: data, seed: typeHash) } ?? content)
        }
        if let origin, let epoch {
            var bytes = epoch.bytes
            bytes.append(fixed: origin.offset.rawValue)
            self.origin = Checksum.hash64(bytes, seed: content)
        }
    }

    /// The hash of a message that is known by its id and its key, whatever else it says.
    init(messageID: String, key: UInt64, type: EventType, run: RunID) {
        let typeHash = Checksum.hash64(type.name.utf8, seed: Identity.seed(of: run))
        self.key = Identity.hash(
            key: key, seed: Checksum.hash64(messageID.utf8, seed: typeHash))
    }

    /// What the identities of a run's records begin with.
    static func seed(of run: RunID) -> UInt64 {
        Checksum.hash64(run.name.utf8, seed: 1)
    }

    private static func hash(_ text: JSONText, in data: [UInt8], seed: UInt64) -> UInt64 {
        text.isEscaped
            ? Checksum.hash64(text.string(in: data).utf8, seed: seed)
            : Checksum.hash64(data[text.range], seed: seed)
    }

    private static func hash(key: UInt64, seed: UInt64) -> UInt64 {
        var bytes: [UInt8] = []
        bytes.append(fixed: key)
        return Checksum.hash64(bytes, seed: seed)
    }

    /// The hashes of an event that is to be recorded in `run`, whose ``seed(of:)`` may be known.
    init(_ draft: Draft, run: RunID, seed: UInt64? = nil) {
        self.init(
            run: run, type: draft.event.type, data: draft.event.data,
            messageID: draft.event.fields.messageID, origin: draft.origin, key: draft.key,
            seed: seed)
    }

    /// The hashes of a record whose data's fields are `fields`.
    init(_ record: Record, _ fields: EventFields) {
        self.init(
            run: record.run, type: record.type, data: record.data,
            messageID: fields.messageID, origin: record.origin, key: record.key)
    }

    /// Whether `record`, found by one of the hashes, really is the same event as `draft` in `run`.
    static func matches(_ record: Record, _ draft: Draft, run: RunID) -> Bool {
        guard record.run == run, record.type == draft.event.type, record.data == draft.event.data
        else { return false }
        if draft.event.fields.messageID != nil { return true }
        if let key = draft.key, record.key == key { return true }
        return draft.origin?.epoch != nil && record.origin == draft.origin
    }
}
