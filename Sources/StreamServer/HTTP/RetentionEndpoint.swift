import Hummingbird
import Journal

/// Takes what `tapedeck prune`, `pin`, `unpin` and `delete` ask of a running server, on the
/// journal's own socket, which cannot be reached over the network.
struct RetentionEndpoint: Sendable {
    let journal: Journal

    /// `POST /control/prune?older_than=AGE&larger_than=SIZE`.
    func prune(_ target: RequestTarget) async throws -> Response {
        var limits = RetentionLimits()
        if let text = target.parameter("older_than") {
            guard let age = RetentionAge(text) else {
                throw Problem(400, "older_than \(RetentionAge.rule)")
            }
            limits.age = age
        }
        if let text = target.parameter("larger_than") {
            guard let size = ByteSize(text) else {
                throw Problem(400, "larger_than \(ByteSize.rule)")
            }
            limits.size = size
        }
        let policy = limits.policy(at: .now, takesWholeSegmentsOnly: false)
        return response(try await journal.prune(policy))
    }

    /// `POST /control/delete?run=RUN`.
    func delete(_ target: RequestTarget) async throws -> Response {
        response(try await journal.delete(try run(target)))
    }

    /// `POST /control/pin?run=RUN`, and the same with `unpin`.
    func pin(_ target: RequestTarget, _ isPinned: Bool) async throws -> Response {
        try await journal.pin(try run(target), isPinned)
        return response(RemovalResult())
    }

    private func run(_ target: RequestTarget) throws(Problem) -> RunID {
        try RequestTarget.run(target.parameter("run") ?? "")
    }

    private func response(_ result: RemovalResult) -> Response {
        var object = JSONObject()
        object.add("records", result.records)
        object.add("bytes", result.bytes)
        return Response(json: object.json)
    }
}
