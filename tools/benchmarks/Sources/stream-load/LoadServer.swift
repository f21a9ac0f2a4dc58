/// The server under load, and how it is spoken to.
struct LoadServer {
    enum Kind: String {
        case tapedeck
        case nchan
    }

    var kind: Kind
    var port: UInt16
    /// The run, or the channel.
    var run = "load"

    /// What asks for the stream of the run, from the start or after an id.
    func streamRequest(lastEventID: String? = nil) -> [UInt8] {
        let path = kind == .tapedeck ? "/api/stream/agent_chat/\(run)" : "/sub/\(run)"
        return request(path: path, lastEventID: lastEventID)
    }

    /// What asks for the stream at `path`.
    func request(path: String, lastEventID: String?) -> [UInt8] {
        let cursor = lastEventID.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        return Array(
            ("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
                + cursor + "\r\n").utf8)
    }

    /// Appends the requests that publish events in one go, and says how many requests these are.
    ///
    /// Tapedeck takes many in one; nchan takes one a request, pipelined.
    func appendRequests(
        _ events: Range<Int>, _ template: LoadEvent.Template, due: (Int) -> UInt64,
        to out: inout [UInt8]
    ) -> Int {
        switch kind {
        case .tapedeck where events.count == 1:
            var body = Array(LoadServer.prefix.utf8)
            template.append(events.lowerBound, due: due(events.lowerBound), to: &body)
            body.append(UInt8(ascii: "}"))
            appendHead("/broadcast", "application/json", body.count, to: &out)
            out += body
            return 1
        case .tapedeck:
            var body: [UInt8] = []
            body.reserveCapacity(events.count * (LoadEvent.bytes + 64))
            for number in events {
                body += LoadServer.prefix.utf8
                template.append(number, due: due(number), to: &body)
                body += "}\n".utf8
            }
            appendHead("/api/events", "application/x-ndjson", body.count, to: &out)
            out += body
            return 1
        case .nchan:
            for number in events {
                appendHead("/pub/\(run)", "application/json", LoadEvent.bytes, to: &out)
                template.append(number, due: due(number), to: &out)
            }
            return events.count
        }
    }

    private static let prefix = #"{"event_type":""# + LoadEvent.type + #"","data":"#

    private func appendHead(_ path: String, _ type: String, _ bytes: Int, to out: inout [UInt8]) {
        out += "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: \(type)\r\n".utf8
        if kind == .nchan { out += "X-EventSource-Event: \(LoadEvent.type)\r\n".utf8 }
        out += "Content-Length: \(bytes)\r\n\r\n".utf8
    }
}
