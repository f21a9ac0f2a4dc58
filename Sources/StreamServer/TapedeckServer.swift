import Hummingbird
import HummingbirdCore
package import Journal
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Serves a journal over HTTP, and records from upstreams into it.
package struct TapedeckServer: Sendable {
    /// How it serves.
    package struct Options: Sendable {
        /// The address to listen on.
        package var host: String
        /// The port to listen on; 0 picks one.
        package var port: Int
        /// Names besides loopback's that the `Host` header may have.
        package var allowedHosts: [String]
        /// The services to record from.
        package var upstreams: [UpstreamClient.Configuration]
        /// Which of their events.
        package var filter: TypeFilter

        package init(
            host: String = "127.0.0.1", port: Int = 6101, allowedHosts: [String] = [],
            upstreams: [UpstreamClient.Configuration] = [], filter: TypeFilter = .agentChat
        ) {
            self.host = host
            self.port = port
            self.allowedHosts = allowedHosts
            self.upstreams = upstreams
            self.filter = filter
        }
    }

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

    /// Serves until the process is told to stop (SIGTERM, SIGINT), then drains.
    ///
    /// - Parameter ready: called once with the port, when requests are answered.
    /// - Throws: when the address cannot be listened on.
    package func run(ready: @escaping @Sendable (_ port: Int) -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let pool = NIOThreadPool(numberOfThreads: TapedeckServer.blockingThreads)
        let scanPool = NIOThreadPool(numberOfThreads: TapedeckServer.scanThreads)
        pool.start()
        scanPool.start()
        let service = StreamService(
            journal: journal, hubs: try await .start(on: group, journal: journal), pool: pool,
            scanPool: scanPool, arrivals: Arrivals(journal), logger: logger, now: { .now })
        let hosts = HostPolicy(allowing: options.allowedHosts + [options.host])
        let socket = TapedeckServer.controlSocket(of: directory)
        let hasSocket = socket.utf8.count <= TapedeckServer.socketPathBytesMax
        let listening = Listening(awaited: hasSocket ? 2 : 1, ready: ready)
        let network = application(
            Routes(service: service, hosts: hosts).makeRouter(), service, hosts,
            .hostname(options.host, port: options.port)
        ) { listening.began(port: $0.localAddress?.port) }
        var services: [any Service] = [network]
        if hasSocket {
            services.append(
                application(
                    Routes(service: service, hosts: nil).makeControlRouter(), service, nil,
                    .unixDomainSocket(path: socket)
                ) { _ in listening.began(port: nil) })
        } else {
            logger.warning("the journal's path is too long for a socket: commands cannot reach me")
        }
        services += options.upstreams.map {
            UpstreamService(
                client: UpstreamClient(configuration: $0, group: group, logger: logger),
                recorder: Recorder(
                    upstream: $0.name, journal: journal, filter: options.filter, logger: logger))
        }
        let lifecycle = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quietLogger))
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
        guard let failure = failure as? IOError else { throw failure }
        throw Unavailable(
            description: "the server cannot listen on \(options.host) port "
                + "\(options.port): \(failure.sentence)")
    }

    /// Waits until every stream has been told good-bye and is closed, or time is up.
    private static func drain(_ hubs: HubGroup) async {
        let deadline = ContinuousClock.now.advanced(by: .seconds(drainSecondsMax))
        while hubs.streams > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func application(
        _ router: Router<BasicRequestContext>, _ service: StreamService, _ hosts: HostPolicy?,
        _ address: BindAddress, onRunning: @escaping @Sendable (any Channel) -> Void
    ) -> some Service {
        Application(
            router: router,
            server: HTTPServerBuilder { responder in
                ConnectionChannel(responder: responder, service: service, hosts: hosts)
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

/// Waits until both the network's address and the journal's socket are listened on.
private final class Listening: Sendable {
    private let state: Locked<(awaited: Int, port: Int)>
    private let ready: @Sendable (_ port: Int) -> Void

    init(awaited: Int, ready: @escaping @Sendable (_ port: Int) -> Void) {
        state = Locked((awaited, 0))
        self.ready = ready
    }

    /// One of them is listened on; `port` is the network's.
    func began(port: Int?) {
        let found = state.withLock { state -> Int? in
            state.awaited -= 1
            state.port = port ?? state.port
            return state.awaited == 0 ? state.port : nil
        }
        if let found { ready(found) }
    }
}

/// Records from one upstream as long as the server runs.
private struct UpstreamService: Service {
    let client: UpstreamClient
    let recorder: Recorder

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await client.run { try await recorder.take($0) }
        }
    }
}
