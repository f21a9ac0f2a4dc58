import HTTPTypes
import Hummingbird
import Journal
import NIOCore
import ServiceLifecycle

/// What those who run the server ask: `GET /health`, `/ready` and `/metrics`.
struct OperationsEndpoint: Sendable {
    let service: StreamService
    let upstreams: [UpstreamClient]
    let upkeep: Upkeep
    let metrics: ServerMetrics

    /// Whether it works; how, is for those who may know everything.
    func health(for holder: Holder) -> Response {
        let journal = service.journal
        var object = JSONObject()
        object.add("status", "ok")
        object.add(
            "mode",
            journal.readOnlyReason == nil ? journal.durability.rawValue : "read-only")
        guard holder.isAdmin else {
            for name in ["epoch", "latest", "low_space"] { object.add(name, nil as String?) }
            return Response(json: object.json)
        }
        object.add("epoch", journal.epochs.current?.description)
        let end = journal.end
        object.add(
            "latest",
            end == .zero ? nil : journal.id(Offset(rawValue: end.rawValue - 1)))
        object.add("low_space", upkeep.space.space.isLow)
        return Response(json: object.json)
    }

    /// Whether it can do its work; why not, and how its upstreams fare, is for those who may know
    /// everything.
    func ready(for holder: Holder) -> Response {
        let readiness = Readiness(
            readOnlyReason: service.journal.readOnlyReason,
            isDraining: Task.isShuttingDownGracefully,
            concerns: upkeep.concerns + removalConcerns,
            upstreams: upstreams.map {
                Readiness.Upstream(
                    configuration: $0.configuration, state: $0.state, lastError: $0.lastError)
            })
        let json =
            holder.isAdmin ? readiness.json(at: service.now(), .now) : readiness.briefJSON
        var response = Response(json: json)
        response.status = .init(code: readiness.status)
        return response
    }

    private var removalConcerns: [String] {
        guard let failure = service.journal.removalFailure else { return [] }
        return [
            "records that were to be removed are still there (\(failure)); "
                + "mend that, and restart or remove anything"
        ]
    }

    /// What is counted and measured, as Prometheus reads it.
    func exposition() -> Response {
        Response(
            status: .ok,
            headers: [.contentType: PrometheusText.contentType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: metrics.exposition())))
    }
}
