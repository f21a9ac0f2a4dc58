/// One upstream message: a type, and a JSON object of data.
///
/// An event can only be made of data that has been scanned, so its data is valid JSON, an object,
/// and free of line breaks outside strings: it can stand on a line of NDJSON or SSE as it is.
public struct Event: Sendable {
    /// The type.
    public let type: EventType
    /// The JSON object as it came, byte for byte, except that each line break outside strings is
    /// one space.
    public let data: [UInt8]
    /// Where the fields are that routing, duplicates and summaries need.
    package let fields: EventFields

    /// An event of `type` whose data are the bytes of one JSON object.
    ///
    /// - Throws: ``JournalError`` with code `invalidEvent` when `data` is not one JSON object.
    public init(type: EventType, data: [UInt8]) throws(JournalError) {
        do throws(JSONError) {
            let scanned = try JSONScanner.data(in: data)
            if scanned.hasLineBreaks {
                let flat = JSONScanner.replacingLineBreaks(in: data[...])
                self.init(type: type, data: flat, fields: try JSONScanner.data(in: flat).fields)
            } else {
                self.init(type: type, data: data, fields: scanned.fields)
            }
        } catch {
            throw JournalError(.invalidEvent, "data is not a JSON object: \(error)")
        }
    }

    /// An event taken out of `bytes`, in which it was scanned as `envelope`.
    ///
    /// - Throws: ``JournalError`` with code `invalidEvent` when there is no type, the type is not
    ///   one, or data is no object.
    package init(_ envelope: EventEnvelope, in bytes: [UInt8]) throws(JournalError) {
        var names = NameCache()
        try self.init(envelope, in: bytes, names: &names)
    }

    /// The same, with names that were met before.
    package init(
        _ envelope: EventEnvelope, in bytes: [UInt8], names: inout NameCache
    ) throws(JournalError) {
        guard let typeText = envelope.type else {
            throw JournalError(.invalidEvent, "event_type is missing or not a string")
        }
        guard let type = names.type(typeText, in: bytes) else {
            throw JournalError(
                .invalidEvent,
                "event_type must be 1 to \(EventType.bytesMax) bytes without control characters")
        }
        guard let range = envelope.data, envelope.dataIsObject else {
            throw JournalError(.invalidEvent, "data is missing or not a JSON object")
        }
        if envelope.dataHasLineBreaks {
            try self.init(type: type, data: Array(bytes[range]))
        } else {
            self.init(type: type, data: Array(bytes[range]), fields: envelope.fields)
        }
    }

    private init(type: EventType, data: [UInt8], fields: EventFields) {
        self.type = type
        self.data = data
        self.fields = fields
    }
}
