import Journal

/// Writes the frames of a stream of server-sent events; docs/PROTOCOL.md shows each.
enum SSEFrame {
    /// How a record's data is framed.
    enum Format: Hashable, Sendable {
        /// The recorded object, `run_id` and `created_at` added where absent.
        case bare
        /// The NDJSON object around it.
        case envelope
    }

    /// An event that was recorded, with its id.
    static func append(
        _ record: Record, epoch: Epoch?, _ format: Format, to bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: "id: ".utf8)
        EventID(epoch: epoch, offset: record.offset).append(to: &bytes)
        bytes.append(contentsOf: "\nevent: ".utf8)
        bytes.append(contentsOf: record.type.name.utf8)
        bytes.append(contentsOf: "\ndata: ".utf8)
        switch format {
        case .bare: record.appendBareData(to: &bytes)
        case .envelope: record.appendLine(epoch: epoch, to: &bytes)
        }
        bytes.append(contentsOf: "\n\n".utf8)
    }

    /// Where the client now stands: moves its last event id and fires nothing.
    static func append(cursor: Cursor, epoch: Epoch?, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "id: ".utf8)
        EventID(epoch: epoch, offset: cursor.lastSeen).append(to: &bytes)
        bytes.append(contentsOf: "\n\n".utf8)
    }

    /// All that a stream is told which is one too many: to come again, at another time than others.
    static var overloaded: [UInt8] {
        let retry = Int.random(in: 2000...10_000)
        var object = JSONObject()
        object.add("reason", "overloaded")
        object.add("retry", retry)
        var frames: [UInt8] = []
        append(retryMilliseconds: retry, to: &frames)
        append(event: "stream_bye", object, to: &frames)
        return frames
    }

    /// A frame of the server's own, without an id.
    static func append(event: String, _ data: JSONObject, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "event: ".utf8)
        bytes.append(contentsOf: event.utf8)
        bytes.append(contentsOf: "\ndata: ".utf8)
        bytes += data.json
        bytes.append(contentsOf: "\n\n".utf8)
    }

    /// Records that are, or may be, missing; then where the client stands behind them.
    static func append(
        _ gap: Gap, requested: EventID?, epoch: Epoch?, to bytes: inout [UInt8]
    ) {
        append(event: "stream_gap", gapObject(gap, requested: requested, epoch: epoch), to: &bytes)
        append(cursor: gap.reached, epoch: epoch, to: &bytes)
    }

    /// A gap as an object, as `stream_gap` and a page of events show it.
    static func gapObject(_ gap: Gap, requested: EventID?, epoch: Epoch?) -> JSONObject {
        var object = JSONObject()
        object.add("requested", requested)
        object.add("missed_from", EventID(epoch: epoch, offset: gap.range.lowerBound))
        object.add("missed_through", EventID(epoch: epoch, offset: gap.range.upperBound))
        object.add("missed", gap.missed)
        object.add("reason", gap.reason.rawValue)
        return object
    }

    /// How long a browser waits before it reconnects.
    static func append(retryMilliseconds: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "retry: \(retryMilliseconds)\n\n".utf8)
    }
}
