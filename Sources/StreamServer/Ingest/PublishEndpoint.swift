import HTTPTypes
import Hummingbird
import Journal
import NIOCore

/// `POST /broadcast` and `POST /api/events`.
struct PublishEndpoint: Sendable {
    /// Events of a streamed body that are recorded together.
    private static let batchBytes = 1 << 20

    let service: StreamService

    /// One event, as the Event Stream service takes it; answers when it is durable.
    func broadcast(_ request: Request) async throws -> Response {
        try request.requireType(["application/json"])
        let bytes = try await body(of: request, max: 2 * PostedEvents.eventBytesMax)
        var posted = PostedEvents(idempotencyKey: request.headers[named: "Idempotency-Key"])
        try posted.add(bytes, 0..<bytes.count)
        let type = posted.drafts[0].event.type
        let receipt = try await service.journal.append(posted.takeDrafts())
        var object = JSONObject()
        object.add("status", "broadcasted")
        object.add("event_type", type.name)
        object.add(
            "clients", service.hubs.streams + service.eventStream.sessions.pollingCount)
        object.add("id", receipt.firstID)
        return Response(json: object.json)
    }

    /// Many events, as NDJSON or a JSON array: all or none, or with `atomic=false` as they come.
    func events(_ request: Request, _ target: RequestTarget) async throws -> Response {
        let type = try request.requireType(
            ["application/json", "application/x-ndjson", "application/ndjson"])
        let isAtomic = try target.flag("atomic") ?? true
        var posted = PostedEvents(idempotencyKey: request.headers[named: "Idempotency-Key"])
        if !isAtomic, type != "application/json" {
            return try await stream(request, &posted)
        }
        let bytes = try await body(of: request, max: PostedEvents.atomicBytesMax)
        for range in try elements(of: bytes) { try posted.add(bytes, range) }
        guard !posted.drafts.isEmpty else {
            throw Problem(400, "there is no event in the body")
        }
        var total = Total()
        total.add(try await service.journal.append(posted.takeDrafts(), atomically: isAtomic))
        return total.response
    }

    private func stream(_ request: Request, _ posted: inout PostedEvents) async throws -> Response {
        var splitter = LineSplitter(lineBytesMax: 2 * PostedEvents.eventBytesMax)
        var total = Total()
        var bytes = 0
        for try await piece in request.body {
            for line in try splitter.push(piece.readableBytesView) {
                try posted.add(line, 0..<line.count)
                bytes += line.count
            }
            if bytes >= PublishEndpoint.batchBytes {
                total.add(
                    try await service.journal.append(posted.takeDrafts(), atomically: false))
                bytes = 0
            }
        }
        for line in splitter.finish() { try posted.add(line, 0..<line.count) }
        if !posted.drafts.isEmpty {
            total.add(try await service.journal.append(posted.takeDrafts(), atomically: false))
        }
        guard total.first != nil else { throw Problem(400, "there is no event in the body") }
        return total.response
    }

    /// What became of a request's events.
    private struct Total {
        var first: EventID?
        private var last: EventID?
        private var appended = 0
        private var duplicates = 0

        mutating func add(_ receipt: Receipt) {
            first = first ?? receipt.firstID
            last = receipt.lastID ?? last
            appended += receipt.appended
            duplicates += receipt.duplicates
        }

        var response: Response {
            var object = JSONObject()
            object.add("first_id", first)
            object.add("last_id", last)
            object.add("appended", appended)
            object.add("duplicates", duplicates)
            return Response(json: object.json)
        }
    }

    /// The events of a body: the elements of an array, else its lines.
    private func elements(of bytes: [UInt8]) throws(Problem) -> [Range<Int>] {
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        if first == UInt8(ascii: "[") {
            do {
                return try JSONScanner.elements(in: bytes)
            } catch {
                throw Problem(400, "the body is not a JSON array: \(error)")
            }
        }
        return JSONScanner.documents(in: bytes)
    }

    private func body(of request: Request, max bytesMax: Int) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > bytesMax {
            throw Problem(
                413,
                "the body may have \(bytesMax) bytes, not \(length); send NDJSON with "
                    + "?atomic=false to /api/events for more")
        }
        var bytes: [UInt8] = []
        for try await piece in request.body {
            bytes += piece.readableBytesView
            guard bytes.count <= bytesMax else {
                throw Problem(
                    413,
                    "the body may have \(bytesMax) bytes; send NDJSON with ?atomic=false to "
                        + "/api/events for more")
            }
        }
        return bytes
    }
}
