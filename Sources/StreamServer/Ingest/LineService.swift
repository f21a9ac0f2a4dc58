import ServiceLifecycle

/// Records lines as long as their input lasts; then the group of services it is in stops.
struct LineService<Sink: LineSink>: Service {
    let recording: LineRecording
    let sink: Sink
    /// What must be listened on before the first line is read.
    let listening: Listening

    /// How it runs in a group.
    var configuration: ServiceGroupConfiguration.ServiceConfiguration {
        .init(
            service: self, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await listening.wait() }
        try await recording.run(into: sink)
    }
}
