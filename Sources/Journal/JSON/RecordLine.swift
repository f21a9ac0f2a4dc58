extension Record {
    /// Appends the record as one JSON object, without a line break: the NDJSON line of exports and
    /// replays, the items of a page of events, and the data of an enveloped stream.
    ///
    /// `{"id","offset","seq","run_id","event","recorded_at","data"}`, where `data` is the recorded
    /// object byte for byte.
    package func appendLine(epoch: Epoch?, to bytes: inout [UInt8]) {
        bytes += Array(#"{"id":""#.utf8)
        bytes += Array(EventID(epoch: epoch, offset: offset).description.utf8)
        bytes += Array(#"","offset":"#.utf8)
        bytes += Array(String(offset.rawValue).utf8)
        bytes += Array(#","seq":"#.utf8)
        bytes += Array(String(seq.rawValue).utf8)
        bytes += Array(#","run_id":"#.utf8)
        JSONWriter.append(run.name, to: &bytes)
        bytes += Array(#","event":"#.utf8)
        JSONWriter.append(type.name, to: &bytes)
        bytes += Array(#","recorded_at":""#.utf8)
        bytes += recordedAt.rfc3339
        bytes += Array(#"","data":"#.utf8)
        bytes += data
        bytes.append(UInt8(ascii: "}"))
    }

    /// Appends the data as a bare stream shows it: as recorded, and at the object's end `run_id`
    /// and `created_at` (the data's `timestamp` as it stands, else the event time) where those keys
    /// are absent.
    package func appendBareData(to bytes: inout [UInt8]) {
        guard !shape.isSuperset(of: [.hasRunID, .hasCreatedAt]),
            let brace = data.lastIndex(of: UInt8(ascii: "}"))
        else {
            bytes += data
            return
        }
        bytes += data[..<brace]
        let last = data[..<brace].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        var isEmpty = last == UInt8(ascii: "{")
        func separate() {
            if !isEmpty { bytes.append(UInt8(ascii: ",")) }
            isEmpty = false
        }
        if !shape.contains(.hasRunID) {
            separate()
            bytes += Array(#""run_id":"#.utf8)
            JSONWriter.append(run.name, to: &bytes)
        }
        if !shape.contains(.hasCreatedAt) {
            separate()
            bytes += Array(#""created_at":"#.utf8)
            if let value = (try? JSONScanner.data(in: data))?.fields.timestampValue {
                bytes += data[value]
            } else {
                JSONWriter.append(recordedAt.description, to: &bytes)
            }
        }
        bytes += data[brace...]
    }
}
