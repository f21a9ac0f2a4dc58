/// What makes two events the same: hashes by which a duplicate is found. A hit is compared byte
/// for byte before it counts, so two events with equal hashes are both kept.
struct Identity: Hashable, Sendable {
    /// Of run, type and data, where the data has a `message_id`.
    var message: UInt64?
    /// Of run and origin, for imports.
    var origin: UInt64?
    /// Of run, key, type and data.
    var key: UInt64?

    /// The hashes that there are.
    var hashes: [UInt64] {
        var all: [UInt64] = []
        if let message { all.append(message) }
        if let origin { all.append(origin) }
        if let key { all.append(key) }
        return all
    }

    init(
        run: RunID, type: EventType, data: [UInt8], hasMessageID: Bool, origin: EventID?,
        key: UInt64?
    ) {
        let runHash = Checksum.hash64(run.name.utf8, seed: 1)
        if hasMessageID || key != nil {
            let typeHash = Checksum.hash64(type.name.utf8, seed: runHash)
            let content = Checksum.hash64(data, seed: typeHash)
            if hasMessageID { message = content }
            if let key {
                var bytes: [UInt8] = []
                bytes.append(fixed: key)
                self.key = Checksum.hash64(bytes, seed: content)
            }
        }
        if let origin, let epoch = origin.epoch {
            var bytes = epoch.bytes
            bytes.append(fixed: origin.offset.rawValue)
            self.origin = Checksum.hash64(bytes, seed: runHash ^ 2)
        }
    }

    init(_ record: Record, _ fields: EventFields) {
        self.init(
            run: record.run, type: record.type, data: record.data,
            hasMessageID: fields.messageID != nil, origin: record.origin, key: record.key)
    }

    /// Whether `record`, found by one of the hashes, really is the same event.
    static func matches(
        _ record: Record, run: RunID, type: EventType, data: [UInt8], origin: EventID?,
        key: UInt64?, hasMessageID: Bool
    ) -> Bool {
        guard record.run == run, record.type == type, record.data == data else { return false }
        if hasMessageID { return true }
        if let key { return record.key == key }
        return origin != nil && record.origin == origin
    }
}
