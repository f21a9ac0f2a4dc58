import Hummingbird
import HummingbirdCore
package import Journal
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Serves a journal, over HTTP and to commands, and records into it: from upstreams, and lines that
/// arrive on an input.
package struct TapedeckServer: Sendable {
    /// The version of the program.
    package static let version = "0.1.0"

    /// The socket in a journal's directory through which commands reach its server.
    package static func controlSocket(of directory: String) -> String {
        directory + "/control.sock"
    }

    /// Why the server cannot run, in one sentence.
    package struct Unavailable: Error, CustomStringConvertible {
        package let description: String
    }

    private static let blockingThreads = 4
    private static let scanThreads = 2
    /// How long streams may take to take their good-bye.
    private static let drainSecondsMax = 6
    private static let backlog = 1024
    /// The most bytes that the name of a socket in the file system may have on Linux.
    private static let socketPathBytesMax = 107

    private let journal: Journal
    private let directory: String
    private let options: Options
    private let logger: Logger

    /// A server of `journal`, which is in `directory`.
    package init(journal: Journal, directory: String, options: Options, logger: Logger) {
        self.journal = journal
        self.directory = directory
        self.options = options
        self.logger = logger
    }

    /// Serves and records until the process is told to stop (SIGTERM, SIGINT) or the lines of
    /// `recording` end, then drains.
    ///
    /// `ready` is called once, when whoever is to reach it can, with the port if there is one; then
    /// the first line is read.
    ///
    /// - Throws: when the address cannot be listened on, or a line cannot be recorded.
    package func run(
        recording: LineRecording? = nil, ready: @escaping @Sendable (_ port: Int?) -> Void
    ) async throws {
        let pool = NIOThreadPool(numberOfThreads: TapedeckServer.blockingThreads)
        let scanPool = NIOThreadPool(numberOfThreads: TapedeckServer.scanThreads)
        pool.start()
        scanPool.start()
        let service = StreamService(
            journal: journal,
            hubs: try await .start(on: MultiThreadedEventLoopGroup.singleton, journal: journal),
            pool: pool, scanPool: scanPool, arrivals: Arrivals(journal), logger: logger,
            now: { .now }, greeting: options.greeting)
        let upkeep = upkeep()
        await upkeep.space.look()
        let lifecycle = ServiceGroup(
            configuration: .init(
                services: services(service, upkeep, recording, ready),
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger))
        let failure: (any Error)?
        do {
            try await lifecycle.run()
            failure = nil
        } catch {
            failure = error
        }
        await TapedeckServer.drain(service.hubs)
        try? await pool.shutdownGracefully()
        try? await scanPool.shutdownGracefully()
        guard let failure else { return }
        if failure is UnixDomainSocketPathWrongType {
            let socket = TapedeckServer.controlSocket(of: directory)
            throw Unavailable(description: "\(socket): this is no socket; move it away")
        }
        guard let failure = failure as? IOError else { throw failure }
        let place = options.listener.map { "\($0.host) port \($0.port)" } ?? "the journal's socket"
        throw Unavailable(
            description: "the server cannot listen on \(place): \(failure.sentence)")
    }

    /// Everything that runs, in the order in which it starts; it stops in the other order.
    private func services(
        _ service: StreamService, _ upkeep: Upkeep, _ recording: LineRecording?,
        _ ready: @escaping @Sendable (_ port: Int?) -> Void
    ) -> [ServiceGroupConfiguration.ServiceConfiguration] {
        let clients = options.upstreams.map {
            UpstreamClient(
                configuration: $0, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        }
        let metrics = ServerMetrics(journal, now: Environment.system().now)
        metrics.observe { service.hubs.streams }
        metrics.observe(upkeep)
        let gate = Gatekeeper(options.listener?.access ?? .open)
        metrics.observe(gate)
        let (listening, listeners) = listeners(
            service, gate,
            OperationsEndpoint(
                service: service, upstreams: clients, upkeep: upkeep, metrics: metrics), ready)
        let healer = options.registry.map {
            RegistryHealer(path: $0, journal: journal, filter: options.filter, logger: logger)
        }
        let healers = [healer].compactMap { $0 }.map {
            RegistryService(healer: $0, lastRecorded: journal.lastIngest)
        }
        let recorders = clients.map { client in
            var logger = logger
            logger[metadataKey: "upstream"] = "\(client.configuration.name)"
            let recorder = Recorder(
                upstream: client.configuration.name, journal: journal, filter: options.filter,
                healer: healer, metrics: metrics.observe(client), logger: logger)
            return UpstreamService(client: client, recorder: recorder)
        }
        let retention =
            options.retention.isEmpty
            ? [] : [RetentionService(limits: options.retention, journal: journal, logger: logger)]
        let all: [any Service] =
            [listening] + listeners + upkeep.services + retention + healers + recorders
        let lines = recording.map {
            LineService(
                recording: $0, sink: LineJournal(journal: journal, logger: logger),
                listening: listening
            ).configuration
        }
        return all.map { .init(service: $0) } + [lines].compactMap { $0 }
    }

    /// What cares for the journal meanwhile.
    private func upkeep() -> Upkeep {
        let environment = Environment.system()
        let pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        return Upkeep(
            space: SpaceWatch(
                bytesMin: options.lowSpaceBytes, logger: logger,
                free: { [directory] () throws(JournalError) in
                    try environment.fileSystem.freeBytes(in: directory)
                }, pause: pause),
            scrubber: options.scrub.map {
                Scrubber(
                    journal, $0, logger: logger, random: environment.random(),
                    now: environment.now, pause: pause)
            })
    }

    /// What listens, on the network and on the journal's socket, and who tells when all of it does.
    private func listeners(
        _ service: StreamService, _ gate: Gatekeeper, _ operations: OperationsEndpoint,
        _ ready: @escaping @Sendable (_ port: Int?) -> Void
    ) -> (Listening, [any Service]) {
        let socket = TapedeckServer.controlSocket(of: directory)
        let hasSocket = socket.utf8.count <= TapedeckServer.socketPathBytesMax
        let listening = Listening(
            awaited: (options.listener == nil ? 0 : 1) + (hasSocket ? 1 : 0), ready: ready)
        var listeners: [any Service] = []
        if let listener = options.listener {
            let entrance = Entrance(
                hosts: HostPolicy(allowing: listener.allowedHosts + [listener.host]),
                origins: listener.allowedOrigins, gate: gate,
                connections: connections(listener, operations.metrics))
            let routes = Routes(service: service, operations: operations, entrance: entrance)
            listeners.append(
                application(
                    routes.makeTable().router, service, entrance,
                    .hostname(listener.host, port: listener.port)
                ) { listening.began(port: $0.localAddress?.port) })
        }
        if hasSocket {
            // Whoever may write to the socket may write to the journal: no token is asked for.
            let entrance = Entrance()
            let routes = Routes(service: service, operations: operations, entrance: entrance)
            listeners.append(
                application(
                    routes.makeControlTable().router, service, entrance,
                    .unixDomainSocket(path: socket)
                ) { _ in listening.began(port: nil) })
        } else {
            logger.warning("the journal's path is too long for a socket: commands cannot reach me")
        }
        return (listening, listeners)
    }

    /// The connections of a listener: no more than the process may have open.
    private func connections(_ listener: Listener, _ metrics: ServerMetrics) -> Connections {
        var limits = listener.limits
        limits.countMax = min(limits.countMax, DescriptorLimit.raise())
        let connections = Connections(limits)
        metrics.observe(connections)
        return connections
    }

    /// Waits until every stream has been told good-bye and is closed, or time is up.
    private static func drain(_ hubs: HubGroup) async {
        let deadline = ContinuousClock.now.advanced(by: .seconds(drainSecondsMax))
        while hubs.streams > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func application(
        _ router: Router<BasicRequestContext>, _ service: StreamService, _ entrance: Entrance,
        _ address: BindAddress, onRunning: @escaping @Sendable (any Channel) -> Void
    ) -> some Service {
        Application(
            router: router,
            server: HTTPServerBuilder { responder in
                ConnectionChannel(responder: responder, service: service, entrance: entrance)
            },
            configuration: .init(address: address, backlog: TapedeckServer.backlog),
            onServerRunning: { onRunning($0) }, eventLoopGroupProvider: .singleton,
            logger: quietLogger)
    }

    /// For libraries that log what they throw as well: it is told once, by who catches it.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }
}
