package import Journal
import NIOCore
import NIOHTTP1

extension ControlClient {
    /// A frame of a stream.
    package struct Frame: Hashable, Sendable {
        /// Its id, which is a place to go on from; nil where it has none.
        package var id: String?
        /// Its type; nil of a frame that only moves the cursor.
        package var event: String?
        /// Its data, a line of JSON.
        package var data: [UInt8] = []
    }

    /// Follows a run as its server streams it, each record as a line of NDJSON, from the record
    /// after `id` on; `take` is handed each frame.
    ///
    /// Returns when the server ends the stream.
    ///
    /// - Throws: what `take` throws, and ``JournalError`` with code `closed` when the server goes
    ///   away.
    package func follow(
        _ run: RunID, after id: String?, take: (Frame) async throws -> Void
    ) async throws {
        let channel = try await open()
        try await channel.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(
                version: .http1_1, method: .GET,
                uri: "/api/stream/agent_chat/\(ControlClient.encode(run.name))?envelope=1")
            head.headers.add(name: "Host", value: "localhost")
            if let id { head.headers.add(name: "Last-Event-ID", value: id) }
            try await outbound.write(.head(head))
            try await outbound.write(.end(nil))
            var rest: [UInt8] = []
            var frame = Frame()
            for try await part in inbound {
                switch part {
                case .head(let head):
                    guard head.status == .ok else {
                        throw JournalError(.closed, "the server answered \(head.status.code)")
                    }
                case .body(let bytes):
                    rest += bytes.readableBytesView
                    var left = rest[...]
                    while let end = left.firstIndex(of: UInt8(ascii: "\n")) {
                        let line = left[..<end]
                        left = left[(end + 1)...]
                        guard line.isEmpty else {
                            frame.add(line)
                            continue
                        }
                        try await take(frame)
                        frame = Frame()
                    }
                    rest = Array(left)
                case .end:
                    return
                }
            }
            throw JournalError(.closed, "the server went away")
        }
    }
}

extension ControlClient.Frame {
    /// Adds a line of it.
    fileprivate mutating func add(_ line: ArraySlice<UInt8>) {
        func value(_ name: String) -> ArraySlice<UInt8>? {
            let prefix = Array("\(name): ".utf8)
            return line.starts(with: prefix) ? line.dropFirst(prefix.count) : nil
        }
        if let text = value("id") { id = String(decoding: text, as: UTF8.self) }
        if let text = value("event") { event = String(decoding: text, as: UTF8.self) }
        if let text = value("data") { data += text }
    }
}
