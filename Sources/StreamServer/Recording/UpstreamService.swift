import ServiceLifecycle

/// Records from one upstream as long as the server runs.
struct UpstreamService: Service {
    let client: UpstreamClient
    let recorder: Recorder

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await client.run { try await recorder.take($0) }
        }
    }
}
