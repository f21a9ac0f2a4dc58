extension JSONReader {
    /// Reads an envelope whose opening brace has been read.
    mutating func envelope() throws(JSONError) -> EventEnvelope {
        var envelope = EventEnvelope()
        var event: JSONText?
        var isFirst = true
        while let key = try nextKey(isFirst: isFirst) {
            isFirst = false
            switch JSONKey(key, in: bytes) {
            case "event_type": envelope.type = try text(level: 0)
            case "event": event = try text(level: 0)
            case "data": try readData(into: &envelope)
            case "id": envelope.id = try text(level: 0)
            case "run_id": envelope.runID = try text(level: 0)
            case "recorded_at": envelope.recordedAt = try text(level: 0)
            case "server_timestamp": envelope.serverTimestamp = try text(level: 0)
            default: try skipValue(level: 0)
            }
        }
        envelope.type = envelope.type ?? event
        return envelope
    }

    /// Reads the value of an envelope's `data`.
    private mutating func readData(into envelope: inout EventEnvelope) throws(JSONError) {
        let byte = try token()
        let start = position
        hasLineBreaks = false
        envelope.fields = EventFields()
        envelope.dataIsObject = byte == UInt8(ascii: "{")
        if envelope.dataIsObject {
            position += 1
            try readFields(into: &envelope.fields, origin: start)
        } else {
            try skipValue(level: 0)
        }
        envelope.data = start..<position
        envelope.dataHasLineBreaks = hasLineBreaks
    }

    /// Reads an event's data, whose opening brace has been read.
    ///
    /// - Parameters:
    ///   - fields: No fields; receives those found.
    ///   - origin: The position from which theirs are counted.
    /// - Throws: ``JSONError`` where this is no object.
    mutating func readFields(
        into fields: inout EventFields, origin: Int
    ) throws(JSONError) {
        var parentAgentID: JSONText?
        var childAgentID: JSONText?
        var isFirst = true
        while let key = try nextKey(isFirst: isFirst) {
            isFirst = false
            switch JSONKey(key, in: bytes) {
            case "run_id":
                fields.hasRunID = true
                fields.runID = try field(origin)
            case "created_at":
                fields.hasCreatedAt = true
                fields.createdAt = try field(origin)
            case "thread_id": fields.threadID = try field(origin)
            case "message_id": fields.messageID = try field(origin)
            case "timestamp":
                _ = try token()
                let start = position - origin
                fields.timestamp = try field(origin)
                fields.timestampValue = start..<position - origin
            case "from_agent": fields.fromAgent = try field(origin)
            case "to_agent": fields.toAgent = try field(origin)
            case "parent_agent": fields.parentAgent = try field(origin)
            case "parent_agent_id": parentAgentID = try field(origin)
            case "child_agent": fields.childAgent = try field(origin)
            case "child_agent_id": childAgentID = try field(origin)
            case "message_type": fields.messageType = try field(origin)
            case "status": fields.status = try field(origin)
            case "content": fields.content = try field(origin)
            case "metadata": try readMetadata(into: &fields, origin: origin)
            default: try skipValue(level: 1)
            }
        }
        fields.parentAgent = fields.parentAgent ?? parentAgentID
        fields.childAgent = fields.childAgent ?? childAgentID
    }

    /// Reads the value of the data's `metadata`.
    private mutating func readMetadata(
        into fields: inout EventFields, origin: Int
    ) throws(JSONError) {
        fields.title = nil
        fields.urgency = nil
        guard try token() == UInt8(ascii: "{") else { return try skipValue(level: 1) }
        position += 1
        var isFirst = true
        while let key = try nextKey(isFirst: isFirst) {
            isFirst = false
            switch JSONKey(key, in: bytes) {
            case "title": fields.title = try text(level: 2)?.shifted(by: -origin)
            case "urgency": fields.urgency = try text(level: 2)?.shifted(by: -origin)
            default: try skipValue(level: 2)
            }
        }
    }

    /// Reads the value of a member of the data, and returns its content if it is a string.
    @inline(__always)
    private mutating func field(_ origin: Int) throws(JSONError) -> JSONText? {
        try text(level: 1)?.shifted(by: -origin)
    }
}
