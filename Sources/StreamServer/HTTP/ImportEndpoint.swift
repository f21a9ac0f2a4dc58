import Hummingbird
import Journal
import NIOCore

/// Takes what `tapedeck import` sends to a running server: `POST /control/import?stem=NAME` on the
/// journal's own socket, which cannot be reached over the network.
struct ImportEndpoint: Sendable {
    let service: StreamService

    /// Imports the lines of the body; refused whole when one of them is no event.
    func receive(_ request: Request, _ target: RequestTarget) async throws -> Response {
        let stem = target.parameter("stem") ?? ""
        var splitter = LineSplitter(lineBytesMax: LineImporter.lineBytesMax)
        var importer = LineImporter(stem: stem)
        var result = ImportResult()
        var drafts: [Draft] = []
        var bytes = 0
        func flush() async throws {
            guard !drafts.isEmpty else { return }
            result.add(try await service.journal.append(drafts, atomically: false))
            drafts = []
            bytes = 0
        }
        for try await piece in request.body {
            for line in try splitter.push(piece.readableBytesView) {
                drafts.append(try importer.draft(line))
                bytes += line.count
            }
            if bytes >= 1 << 20 { try await flush() }
        }
        for line in splitter.finish() { drafts.append(try importer.draft(line)) }
        try await flush()
        var object = JSONObject()
        object.add("appended", result.appended)
        object.add("duplicates", result.duplicates)
        return Response(json: object.json)
    }
}
