import Foundation
import Journal
import Testing

@testable import StreamServer

@Suite("Readiness")
struct ReadinessTests {
    private let wall = Timestamp(microseconds: 1_795_445_627_980_364)
    private let instant = ContinuousClock.now

    private func upstream(_ state: UpstreamClient.State, _ lastError: String? = nil) throws
        -> Readiness.Upstream
    {
        Readiness.Upstream(
            configuration: .init(
                url: try UpstreamURL("http://h:1"), token: try UpstreamToken("hush"),
                namespace: try SocketIONamespace("n")),
            state: state, lastError: lastError)
    }

    private func json(_ readiness: Readiness) throws -> String {
        text(readiness.json(at: wall, instant))
    }

    @Test("it is ready whatever its upstreams do, and tells what they do and since when")
    func upstreams() throws {
        let readiness = Readiness(
            isDraining: false,
            upstreams: [
                try upstream(.connecting),
                try upstream(.connected(since: instant - .seconds(2)), "refused"),
                try upstream(
                    .waiting(retryAt: instant + .microseconds(1_500_001), lastError: "x"), "x"),
            ])
        #expect(readiness.status == 200)
        let beginning = #"{"url":"http://h:1","namespace":"/n","state":"#
        let expected = [
            #"{"status":"ready","reasons":[],"upstreams":["#, beginning,
            #""connecting","last_error":null},"#, beginning,
            #""connected","since":"\#(Timestamp(microseconds: wall.microseconds - 2_000_000))","#,
            #""last_error":"refused"},"#, beginning,
            #""waiting","retry_at":"\#(Timestamp(microseconds: wall.microseconds + 1_500_001))","#,
            #""last_error":"x"}]}"#,
        ].joined()
        #expect(try json(readiness) == expected)
    }

    @Test("it is not ready when nothing can be written, or when it stops, and says so")
    func reasons() throws {
        var readiness = Readiness(readOnlyReason: "the disk", isDraining: false, upstreams: [])
        #expect(readiness.status == 503)
        #expect(
            try json(readiness)
                == #"{"status":"not ready","reasons":["the disk"],"upstreams":[]}"#)
        readiness.isDraining = true
        #expect(readiness.reasons == ["the disk", "the server stops"])
        readiness.readOnlyReason = nil
        #expect(readiness.status == 503)
        readiness.isDraining = false
        #expect(readiness.status == 200)
    }

    @Test(
        "what wants attention is told behind what stands in the way, and is not in the way itself")
    func concerns() throws {
        var readiness = Readiness(isDraining: false, concerns: ["little space"], upstreams: [])
        #expect(readiness.status == 200)
        #expect(
            try json(readiness)
                == #"{"status":"ready","reasons":["little space"],"upstreams":[]}"#)
        readiness.isDraining = true
        #expect(readiness.status == 503)
        #expect(readiness.reasons == ["the server stops", "little space"])
    }
}
