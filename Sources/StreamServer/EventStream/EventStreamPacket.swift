import Journal

/// Writes the packets that an Event Stream service sends, as Engine.IO messages.
enum EventStreamPacket {
    /// `["event",{…}]`: a record, as it is broadcast.
    static func event(_ record: Record) -> [UInt8] {
        var bytes = Array(#"42["event","#.utf8)
        bytes.reserveCapacity(record.data.count + 192)
        record.appendBroadcast(to: &bytes)
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    /// `["event_history",[{…},…]]`: records in the order in which they were broadcast.
    static func history(_ records: [Record]) -> [UInt8] {
        var bytes = Array(#"42["event_history",["#.utf8)
        for (place, record) in records.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            record.appendBroadcast(to: &bytes)
        }
        bytes += Array("]]".utf8)
        return bytes
    }

    /// `["connected",{…}]`: the greeting; `count` events follow as the history.
    static func greeting(events count: Int, now: Timestamp) -> [UInt8] {
        var object = JSONObject()
        object.add("status", "connected")
        object.add("server_time", now)
        object.add("buffered_events", count)
        return Array(#"42["connected","#.utf8) + object.json + [UInt8(ascii: "]")]
    }

    /// `40{"sid":…}`: the client is in the namespace.
    static func joined(as id: String) -> [UInt8] {
        var object = JSONObject()
        object.add("sid", id)
        return message(.connect(.root, payload: object.json[...]))
    }

    /// `44{"message":…}`: there is no such namespace.
    static func refused(_ namespace: SocketIONamespace) -> [UInt8] {
        var object = JSONObject()
        object.add("message", "there is no namespace \(namespace) here; connect to /")
        return message(.connectError(namespace, payload: object.json[...]))
    }

    /// `44{"message":…}`: the client has to show a token, and has shown none that is known.
    static var tokenRefused: [UInt8] {
        var object = JSONObject()
        object.add("message", "this needs a token that may read; send it as auth.token")
        return message(.connectError(.root, payload: object.json[...]))
    }

    /// `43<id>[]`: the event that asked for an answer was taken.
    static func acknowledgement(_ id: UInt64) -> [UInt8] {
        message(.acknowledgement(.root, id: id, payload: Array("[]".utf8)[...]))
    }

    private static func message(_ packet: SocketIOPacket) -> [UInt8] {
        [UInt8(ascii: "4")] + packet.serialized()
    }
}
