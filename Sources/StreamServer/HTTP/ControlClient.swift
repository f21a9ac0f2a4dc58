import Foundation
package import Journal
import NIOCore
import NIOHTTP1
import NIOPosix

/// A command's way to the server that has its journal: HTTP over the socket in the directory.
package struct ControlClient: Sendable {
    private let path: String

    /// The server of the journal in `directory`; nil when none runs.
    package static func connect(to directory: String) async throws -> ControlClient? {
        let client = ControlClient(path: TapedeckServer.controlSocket(of: directory))
        guard let channel = try? await client.open() else { return nil }
        try? await channel.channel.close()
        return client
    }

    /// Imports a recording whose file has this stem, or what a registry tells; `read` hands over
    /// its bytes piece by piece.
    ///
    /// - Throws: ``JournalError`` with the server's own words when it refuses them.
    package func importRecording(
        stem: String, ofRegistry: Bool = false,
        read: (([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> ImportResult {
        let (status, answer) = try await post(
            "/control/import?stem=\(ControlClient.encode(stem))"
                + (ofRegistry ? "&source=registry" : ""), read)
        guard status == 200 else {
            throw JournalError(.invalidEvent, answer.detail ?? "the server answered \(status)")
        }
        return ImportResult(appended: answer.appended ?? 0, duplicates: answer.duplicates ?? 0)
    }

    /// Has the server begin a new epoch, and returns it.
    ///
    /// - Throws: ``JournalError`` with the server's own words when it cannot.
    package func fork() async throws -> String {
        let (status, answer) = try await post("/control/fork") { _ in }
        guard status == 200, let epoch = answer.epoch else {
            throw JournalError(.io, answer.detail ?? "the server answered \(status)")
        }
        return epoch
    }

    /// Has the server remove what is over the limits.
    ///
    /// - Throws: ``JournalError`` with the server's own words when it cannot.
    package func prune(_ limits: RetentionLimits) async throws -> RemovalResult {
        var query: [String] = []
        if let age = limits.age { query.append("older_than=\(ControlClient.encode("\(age)"))") }
        if let size = limits.size { query.append("larger_than=\(ControlClient.encode("\(size)"))") }
        return try await change("/control/prune?" + query.joined(separator: "&"))
    }

    /// Has the server remove a run.
    ///
    /// - Throws: ``JournalError`` with the server's own words when it cannot.
    package func delete(_ run: RunID) async throws -> RemovalResult {
        try await change("/control/delete?run=\(ControlClient.encode(run.name))")
    }

    /// Has retention spare a run, or not any more.
    ///
    /// - Throws: ``JournalError`` with the server's own words when it cannot.
    package func pin(_ run: RunID, _ isPinned: Bool) async throws {
        _ = try await change(
            "/control/\(isPinned ? "pin" : "unpin")?run=\(ControlClient.encode(run.name))")
    }

    private func change(_ target: String) async throws -> RemovalResult {
        let (status, answer) = try await post(target) { _ in }
        guard status == 200 else {
            throw JournalError(.io, answer.detail ?? "the server answered \(status)")
        }
        var result = RemovalResult()
        result.records = answer.records ?? 0
        result.bytes = answer.bytes ?? 0
        return result
    }

    static func encode(_ text: String) -> String {
        text.utf8.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Records lines as they stand; a batch that is handed over again is not recorded again.
    ///
    /// - Throws: ``JournalError`` with the server's own words when it refuses them: with code
    ///   `invalidEvent` for what it will never take, `diskFull`, or `closed` where it is gone,
    ///   stops or cannot write.
    func record(_ batch: LineBatch) async throws(JournalError) -> ImportResult {
        let status: UInt
        let answer: Answer
        do {
            (status, answer) = try await post(
                "/control/lines", headers: ["Idempotency-Key": batch.key]
            ) { send in
                try await send(Array(batch.lines.joined(separator: CollectionOfOne(10))))
            }
        } catch {
            throw JournalError(
                .closed, "the server of this journal is gone", path: path, cause: error)
        }
        if status == 200 {
            return ImportResult(appended: answer.appended ?? 0, duplicates: answer.duplicates ?? 0)
        }
        let code: JournalError.Code =
            switch status {
            case 507: .diskFull
            case 500...: .closed
            default: .invalidEvent
            }
        throw JournalError(code, answer.detail ?? "the server answered \(status)", path: path)
    }

    /// Posts NDJSON, whose bytes `read` hands over piece by piece.
    private func post(
        _ target: String, headers: HTTPHeaders = [:],
        _ read: (([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> (status: UInt, answer: Answer) {
        let channel = try await open()
        let (status, body) = try await channel.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target)
            head.headers = headers
            head.headers.add(name: "Host", value: "localhost")
            head.headers.add(name: "Content-Type", value: "application/x-ndjson")
            head.headers.add(name: "Transfer-Encoding", value: "chunked")
            try await outbound.write(.head(head))
            try await read { piece in
                try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: piece))))
            }
            try await outbound.write(.end(nil))
            return try await ControlClient.answer(inbound)
        }
        return (status, try JSONDecoder().decode(Answer.self, from: Data(body)))
    }

    private static func answer(
        _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>
    ) async throws -> (status: UInt, body: [UInt8]) {
        var status: UInt = 0
        var body: [UInt8] = []
        for try await part in inbound {
            switch part {
            case .head(let head): status = head.status.code
            case .body(let bytes): body += bytes.readableBytesView
            case .end: return (status, body)
            }
        }
        throw JournalError(.closed, "the server went away before it answered")
    }

    func open() async throws -> NIOAsyncChannel<
        HTTPClientResponsePart, HTTPClientRequestPart
    > {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// What the server answers.
    private struct Answer: Decodable {
        var appended: Int?
        var duplicates: Int?
        var epoch: String?
        var records: UInt64?
        var bytes: UInt64?
        var detail: String?
    }
}
