extension Record {
    /// Appends the record as one JSON object, without a line break: the NDJSON line of exports and
    /// replays, the items of a page of events, and the data of an enveloped stream.
    ///
    /// `{"id","offset","seq","run_id","event","recorded_at","data"}`, where `data` is the recorded
    /// object byte for byte.
    package func appendLine(epoch: Epoch?, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"id":""#.utf8)
        EventID(epoch: epoch, offset: offset).append(to: &bytes)
        bytes.append(contentsOf: #"","offset":"#.utf8)
        bytes.append(decimal: offset.rawValue)
        bytes.append(contentsOf: #","seq":"#.utf8)
        bytes.append(decimal: seq.rawValue)
        bytes.append(contentsOf: #","run_id":"#.utf8)
        JSONWriter.append(run.name, to: &bytes)
        bytes.append(contentsOf: #","event":"#.utf8)
        JSONWriter.append(type.name, to: &bytes)
        bytes.append(contentsOf: #","recorded_at":""#.utf8)
        recordedAt.append(to: &bytes)
        bytes.append(contentsOf: #"","data":"#.utf8)
        bytes += data
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends the data as a bare stream shows it: as recorded, and at the object's end `run_id`
    /// and `created_at` (the data's `timestamp` as it stands, else the event time) where those keys
    /// are absent.
    package func appendBareData(to bytes: inout [UInt8]) {
        var members: [UInt8] = []
        if !shape.contains(.hasRunID) {
            members.append(contentsOf: #""run_id":"#.utf8)
            JSONWriter.append(run.name, to: &members)
        }
        if !shape.contains(.hasCreatedAt) {
            if !members.isEmpty { members.append(UInt8(ascii: ",")) }
            members.append(contentsOf: #""created_at":"#.utf8)
            if let value = (try? JSONScanner.data(in: data))?.fields.timestampValue {
                members += data[value]
            } else {
                JSONWriter.append(recordedAt.description, to: &members)
            }
        }
        appendData(adding: members, to: &bytes)
    }

    /// Appends the event as an Event Stream service broadcasts it.
    ///
    /// `{"event_type","data","server_timestamp"}`, where `data` is the recorded object byte for
    /// byte, with `timestamp` (the event time) at its end where that key is absent, and
    /// `server_timestamp` is the ingest time: the same whenever the record is told.
    package func appendBroadcast(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"event_type":"#.utf8)
        JSONWriter.append(type.name, to: &bytes)
        bytes.append(contentsOf: #","data":"#.utf8)
        var members: [UInt8] = []
        if (try? JSONScanner.data(in: data))?.fields.timestampValue == nil {
            members.append(contentsOf: #""timestamp":""#.utf8)
            recordedAt.append(to: &members)
            members.append(UInt8(ascii: "\""))
        }
        appendData(adding: members, to: &bytes)
        bytes.append(contentsOf: #","server_timestamp":""#.utf8)
        ingest.wall.append(to: &bytes)
        bytes.append(contentsOf: #""}"#.utf8)
    }

    /// Appends the data as recorded, with `members` at the object's end.
    private func appendData(adding members: [UInt8], to bytes: inout [UInt8]) {
        guard !members.isEmpty, let brace = data.lastIndex(of: UInt8(ascii: "}")) else {
            bytes += data
            return
        }
        bytes += data[..<brace]
        let last = data[..<brace].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        if last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes += members
        bytes += data[brace...]
    }
}
