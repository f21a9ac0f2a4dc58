import Hummingbird
import Journal
import NIOCore

/// Takes what `tapedeck import` sends to a running server: `POST /control/import?stem=NAME`, with
/// `&source=registry` for what a registry tells, on the journal's own socket, which cannot be reached over the network.
struct ImportEndpoint: Sendable {
    let service: StreamService

    /// Imports the lines of the body; refused whole when one of them is no event.
    func receive(_ request: Request, _ target: RequestTarget) async throws -> Response {
        var recording = RecordingImport(
            into: service.journal, stem: target.parameter("stem") ?? "",
            ofRegistry: target.parameter("source") == "registry", isShared: true)
        for try await piece in request.body { try await recording.add(piece.readableBytesView) }
        let result = try await recording.finish()
        var object = JSONObject()
        object.add("appended", result.appended)
        object.add("duplicates", result.duplicates)
        return Response(json: object.json)
    }
}
