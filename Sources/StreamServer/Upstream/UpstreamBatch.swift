/// Messages of one link that are handed over together.
struct UpstreamBatch: Sendable {
    /// No batch holds more messages.
    static let messagesMax = 512

    /// No batch of two or more messages holds more bytes.
    static let bytesMax = 1 << 20

    private(set) var messages: [UpstreamClient.Message] = []

    /// The ids to acknowledge once the messages are dealt with, in order.
    private(set) var acknowledgements: [UInt64] = []

    private(set) var bytes = 0

    /// Appends `message` unless the batch is full; tells whether it did.
    mutating func append(_ message: UpstreamClient.Message, acknowledging id: UInt64?) -> Bool {
        let size = message.bytes
        guard
            messages.isEmpty
                || (messages.count < UpstreamBatch.messagesMax
                    && bytes + size <= UpstreamBatch.bytesMax)
        else { return false }
        messages.append(message)
        bytes += size
        if let id { acknowledgements.append(id) }
        return true
    }
}
