import HTTPTypes
import Hummingbird
import Journal
import NIOCore

/// Takes what `tapedeck record -` sends to a running server: `POST /control/lines` on the journal's
/// own socket, which cannot be reached over the network.
struct LinesEndpoint: Sendable {
    /// The most bytes of a batch: one read of lines, whose last may have begun in earlier ones.
    private static let bytesMax = LineImporter.lineBytesMax + (4 << 20)

    let service: StreamService

    /// Records the lines of the body as they stand, and answers when they are durable.
    func receive(_ request: Request) async throws -> Response {
        guard let key = request.headers[named: "Idempotency-Key"] else {
            throw Problem(400, "the batch has no Idempotency-Key")
        }
        let body = try await request.body.collect(upTo: LinesEndpoint.bytesMax)
        var cutter = LineCutter(lineBytesMax: LineImporter.lineBytesMax)
        var batch = LineBatch(key: key)
        for line in cutter.push(body.readableBytesView) + cutter.finish() {
            try batch.add(line.bytes ?? [])
        }
        let receipt = try await service.journal.append(batch.drafts, atomically: false)
        var object = JSONObject()
        object.add("appended", receipt.appended)
        object.add("duplicates", receipt.duplicates)
        return Response(json: object.json)
    }
}
