package import Journal
import NIOCore
import NIOHTTP1
import NIOPosix

/// Posts events to a server's `/broadcast`, one after another: an Event Stream service or a
/// Tapedeck.
package struct BroadcastClient: Sendable {
    private static let answerBytesMax = 64 << 10
    private static let connectTimeout = TimeAmount.seconds(10)

    private let url: UpstreamURL
    private let token: UpstreamToken?

    /// What could not be posted, in one sentence.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// A client of the server at `url`, which is shown `token` if there is one.
    package init(_ url: UpstreamURL, token: UpstreamToken? = nil) {
        self.url = url
        self.token = token
    }

    /// Posts events in order; each once the one before has been taken.
    ///
    /// - Throws: ``Failure`` when the server cannot be reached, or refuses one: then those before it
    ///   were taken, and none behind it.
    package func post(_ records: [Record]) async throws(Failure) {
        do {
            let channel = try await connect()
            try await channel.executeThenClose { inbound, outbound in
                var left = records[...]
                guard let first = left.first else { return }
                try await send(first, to: outbound)
                var answer = Answer()
                for try await part in inbound {
                    guard answer.add(part) else { continue }
                    guard answer.status == .ok else { throw refusal(answer, left.first) }
                    left.removeFirst()
                    guard let next = left.first else { return }
                    answer = Answer()
                    try await send(next, to: outbound)
                }
                throw Failure(description: "\(url): the connection was closed without an answer")
            }
        } catch let failure as Failure {
            throw failure
        } catch let error as IOError {
            throw Failure(description: "\(url): \(error.sentence)")
        } catch let error as NIOConnectionError {
            let reason = error.connectionErrors.first?.error as? IOError
            throw Failure(description: "\(url): \(reason?.sentence ?? "it cannot be reached")")
        } catch {
            throw Failure(description: "\(url): \(error)")
        }
    }

    private func connect() async throws -> NIOAsyncChannel<
        HTTPClientResponsePart, HTTPClientRequestPart
    > {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: url.host, port: url.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }

    private func send(
        _ record: Record, to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws {
        var body: [UInt8] = Array(#"{"event_type":"#.utf8)
        JSONWriter.append(record.type.name, to: &body)
        body += Array(#","data":"#.utf8)
        body += record.data
        body.append(UInt8(ascii: "}"))
        var head = HTTPRequestHead(
            version: .http1_1, method: .POST, uri: "\(url.path)/broadcast")
        head.headers.add(name: "Host", value: url.authority)
        head.headers.add(name: "Content-Type", value: "application/json")
        head.headers.add(name: "Content-Length", value: "\(body.count)")
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token.secret)") }
        try await outbound.write(.head(head))
        try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
        try await outbound.write(.end(nil))
    }

    private func refusal(_ answer: Answer, _ record: Record?) -> Failure {
        let offset = record.map { "\($0.offset.rawValue)" } ?? "?"
        let status = answer.status.map { "\($0.code) \($0.reasonPhrase)" } ?? "no status"
        let body = String(decoding: answer.body.prefix(300), as: UTF8.self)
        return Failure(
            description: "\(url): the event at offset \(offset) was refused: \(status) \(body)")
    }

    /// What the server says to one event.
    private struct Answer {
        var status: HTTPResponseStatus?
        var body: [UInt8] = []

        /// Adds a part; true when it was the last.
        mutating func add(_ part: HTTPClientResponsePart) -> Bool {
            switch part {
            case .head(let head): status = head.status
            case .body(let bytes):
                if body.count < answerBytesMax { body += bytes.readableBytesView }
            case .end: return true
            }
            return false
        }
    }
}
